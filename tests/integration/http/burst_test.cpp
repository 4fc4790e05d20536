// Many requests that arrive within one turn of the event thread: as many as the library below takes from the kernel at once, and about as many.
#include <doctest/doctest.h>

#include <vector>

#include "tests/integration/http/fixture.h"

namespace burst_test {

using namespace sonde;
using namespace sonde::test;

namespace {

constexpr std::string_view kRequest = "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n";

// Holds the event thread at `/hold` until it is opened; `/ping` is answered on it.
struct Held {
    metrics::Registry metrics;
    http::Router router;
    std::unique_ptr<Door> door = std::make_unique<Door>();
    http::Reply held;
    std::unique_ptr<http::Server> server;

    Held() {
        router.add_deferred(http::Method::get, "/hold", [this](const http::Request&, http::Reply reply) {
            held = std::move(reply);  // now it would wake the event thread
            door->pass();
        });
        router.add_deferred(http::Method::get, "/ping", [](const http::Request&, const http::Reply& reply) { reply(http::Response::text("OK")); });
        http::ServerOptions options;
        options.max_connections_per_peer = 1000;
        options.request_deadline = seconds{5};
        server = std::make_unique<http::Server>(options, router, metrics);
    }
    ~Held() {
        door->open();
        if (held) held(http::Response::text("held"));
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
};

}  // namespace

TEST_CASE("a burst of requests is answered, however many come at one instant and though nothing comes after them") {
    Held held;
    RawClient holder(held.server->port());
    std::vector<std::unique_ptr<RawClient>> clients;
    const auto connect = [&] {
        clients.push_back(std::make_unique<RawClient>(held.server->port()));
        clients.back()->send(kRequest);
        REQUIRE(clients.back()->receive().status == 200);
    };
    while (clients.size() < 120) connect();
    for (; clients.size() <= 136; connect()) {
        held.door = std::make_unique<Door>();
        holder.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
        REQUIRE(eventually([&] { return held.door->waiting() == 1; }));
        for (const auto& client : clients) client->send(kRequest);
        held.door->open();
        for (const auto& client : clients) REQUIRE_MESSAGE(client->receive().body == "OK", clients.size());
        std::exchange(held.held, nullptr)(http::Response::text("held"));
        REQUIRE(holder.receive().body == "held");
    }
}

}  // namespace burst_test

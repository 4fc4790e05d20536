// Requests that are answered later, from another thread, and bodies that are cut.
#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "lib/http/server.h"
#include "tests/integration/http/raw_client.h"
#include "tests/support/servers.h"

namespace deferred_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// A server whose replies the test gives.
struct Later {
    metrics::Registry metrics;
    http::Router router;
    std::mutex mutex;
    std::vector<http::Reply> replies;
    std::unique_ptr<http::Server> server;

    Later() {
        router.add_deferred(http::Method::get, "/later/{n}", [this](const http::Request&, http::Reply reply) {
            const std::scoped_lock lock(mutex);
            replies.push_back(std::move(reply));
        });
        router.add_deferred(http::Method::get, "/now", [](const http::Request&, const http::Reply& reply) { reply(http::Response::text("now")); });
        router.add_deferred(http::Method::get, "/never", [](const http::Request&, const http::Reply&) {});
        router.add_deferred(http::Method::post, "/cut", [](const http::Request& request, const http::Reply& reply) {
            reply(http::Response::text(request.body + "|" + std::to_string(request.body_bytes)));
        });
        http::ServerOptions options;
        options.workers = 1;
        options.body_limit = [](http::Method, std::string_view) { return std::size_t{10}; };
        options.cuts_body = [](http::Method, std::string_view path) { return path == "/cut"; };
        server = std::make_unique<http::Server>(options, router, metrics);
    }
    std::vector<http::Reply> wait_for(std::size_t count) {
        REQUIRE(eventually([&] {
            const std::scoped_lock lock(mutex);
            return replies.size() == count;
        }));
        const std::scoped_lock lock(mutex);
        return std::exchange(replies, {});
    }
};

}  // namespace

TEST_CASE("many requests wait for their replies at once, though there is one worker, and are answered in any order") {
    Later later;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<RawClient>(later.server->port()));
        clients.back()->send("GET /later/1 HTTP/1.1\r\nHost: x\r\n\r\n");
        REQUIRE(eventually([&] {
            const std::scoped_lock lock(later.mutex);
            return later.replies.size() == static_cast<std::size_t>(i) + 1;
        }));
    }
    const auto replies = later.wait_for(20);
    std::thread other([&] {
        for (int i = 19; i >= 0; --i) replies[static_cast<std::size_t>(i)](http::Response::text(std::to_string(i)));
    });
    for (int i = 0; i < 20; ++i) CHECK(clients[static_cast<std::size_t>(i)]->receive().body == std::to_string(i));
    other.join();
    CHECK(get(later.server->port(), "/now").body == "now");
}

TEST_CASE("a reply that is dropped is a defect, and one that is given twice counts once") {
    Later later;
    CHECK(get(later.server->port(), "/never").status == 500);
    RawClient client(later.server->port());
    client.send("GET /later/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto replies = later.wait_for(1);
    replies[0](http::Response::text("first"));
    replies[0](http::Response::text("second"));
    CHECK(client.receive().body == "first");
}

TEST_CASE("a stopping server waits for the replies that are owed") {
    Later later;
    RawClient client(later.server->port());
    client.send("GET /later/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto replies = later.wait_for(1);
    std::thread stops([&] { later.server.reset(); });
    replies[0](http::Response::text("at last"));
    CHECK(client.receive().body == "at last");
    stops.join();
}

TEST_CASE("a client that goes away before the reply harms nobody") {
    Later later;
    {
        RawClient client(later.server->port());
        client.send("GET /later/1 HTTP/1.1\r\nHost: x\r\n\r\n");
        later.wait_for(1)[0](http::Response::text("nobody is there"));
    }
    CHECK(get(later.server->port(), "/now").body == "now");
}

TEST_CASE("where bodies are cut, the beginning is served with the length of all") {
    Later later;
    RawClient client(later.server->port());
    client.send("POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n0123456789abcdef");
    CHECK(client.receive().body == "0123456789|16");
    client.send("POST /cut HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n89abcdef\r\n0\r\n\r\n");
    CHECK(client.receive().body == "0123456789|16");
    client.send("POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(client.receive().body == "abc|3");
    client.send("POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n0123456789abcdef");
    CHECK(client.receive().status == 413);
}

}  // namespace deferred_test

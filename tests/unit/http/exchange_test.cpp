#include "lib/http/exchange.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace exchange_test {

using namespace sonde;
using namespace sonde::http;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

int status_of(const std::optional<Refusal>& refusal) { return refusal ? refusal->response.status : 0; }

std::optional<Refusal> check(Headers headers, std::string target = "/", std::string_view method = "POST") {
    Exchange exchange;
    exchange.target = std::move(target);
    exchange.request.headers = std::move(headers);
    return check_head(exchange, method, ServerOptions{});
}

}  // namespace

TEST_CASE("framing that two parties could read differently is refused at once") {
    for (const auto& headers : {Headers{{"content-length", "3"}, {"content-length", "4"}},
                                Headers{{"content-length", "3"}, {"transfer-encoding", "chunked"}},
                                Headers{{"transfer-encoding", "chunked"}, {"transfer-encoding", "chunked"}},
                                Headers{{"transfer-encoding", "gzip, chunked"}}, Headers{{"host", "a"}, {"host", "b"}}}) {
        const auto refusal = check(headers);
        CHECK(status_of(refusal) == 400);
        CHECK((refusal && refusal->at_once));
    }
    CHECK_FALSE(check({{"host", "a"}, {"content-length", "3"}}));
    CHECK_FALSE(check({{"host", "a"}, {"transfer-encoding", "Chunked"}}));
}

TEST_CASE("a body that will be too large is refused, at once if the client waits to hear or it is far too much") {
    const auto large = check({{"content-length", "1048577"}});
    CHECK(status_of(large) == 413);
    CHECK((large && !large->at_once));
    const auto waiting = check({{"content-length", "1048577"}, {"expect", "100-continue"}});
    CHECK((waiting && waiting->at_once));
    const auto enormous = check({{"content-length", "99999999999999999999999"}});
    CHECK(status_of(enormous) == 413);
    CHECK((enormous && enormous->at_once));
    CHECK_FALSE(check({{"content-length", "1048576"}}));
}

TEST_CASE("an unknown method, a long target and a bad one each have their status") {
    CHECK(status_of(check({}, "/", "BREW")) == 501);
    CHECK(status_of(check({}, "/", "get")) == 501);
    CHECK(status_of(check({}, "/" + std::string(8192, 'x'))) == 414);
    CHECK(status_of(check({}, "/%zz")) == 400);
}

TEST_CASE("a body that turns out too large is no longer kept, and has an end") {
    Exchange exchange;
    ServerOptions options;
    options.max_body_bytes = 10;
    sonde::metrics::Registry registry;
    BodyBudget budget(1000, registry);
    CHECK(take_body(exchange, "12345", options, budget));
    CHECK(take_body(exchange, "67890", options, budget));
    CHECK_FALSE(exchange.refusal);
    CHECK(exchange.request.body == "1234567890");
    CHECK(take_body(exchange, "x", options, budget));
    REQUIRE(exchange.refusal);
    CHECK(exchange.refusal->status == 413);
    CHECK(exchange.request.body.empty());
    exchange.body_bytes = kMostDiscarded;
    CHECK_FALSE(take_body(exchange, "x", options, budget));
}

TEST_CASE("the bound of a body may depend on the path, and is never above the bound of all") {
    ServerOptions options;
    options.max_body_bytes = 100;
    options.body_limit = [](Method method, std::string_view path) -> std::size_t {
        return method == Method::post && path == "/bulk" ? 1000 : 10;
    };
    sonde::metrics::Registry registry;
    BodyBudget budget(1000, registry);
    const auto taken = [&](Method method, const std::string& path, std::size_t bytes) {
        Exchange exchange;
        exchange.request.method = method;
        exchange.request.path = path;
        take_body(exchange, std::string(bytes, 'x'), options, budget);
        return !exchange.refusal.has_value();
    };
    CHECK(taken(Method::post, "/other", 10));
    CHECK_FALSE(taken(Method::post, "/other", 11));
    CHECK_FALSE(taken(Method::put, "/bulk", 11));
    CHECK(taken(Method::post, "/bulk", 100));
    CHECK_FALSE(taken(Method::post, "/bulk", 101));
}

TEST_CASE("bodies share their memory: who would take more than there is is refused, and the small ones are not") {
    ServerOptions options;
    sonde::metrics::Registry registry;
    BodyBudget budget(600'000, registry);
    const auto send = [&](Exchange& exchange, std::size_t bytes) {
        CHECK(take_body(exchange, std::string(bytes, 'x'), options, budget));
        return exchange.refusal ? exchange.refusal->status : 200;
    };
    Exchange large, too_much, small, later;
    CHECK(send(large, 500'000) == 200);
    CHECK(send(too_much, 100'000) == 200);
    CHECK(send(too_much, 100'000) == 503);
    CHECK(too_much.request.body.empty());
    CHECK(too_much.kept_bytes == 0);
    CHECK(send(small, 100'000) == 200);
    CHECK(registry.expose().find("sonde_http_body_bytes 600000\n") != std::string::npos);
    CHECK(registry.expose().find("sonde_http_bodies_refused_total 1\n") != std::string::npos);
    drop_body(large, budget);
    drop_body(large, budget);
    CHECK(send(later, 500'000) == 200);
    CHECK(later.request.body.size() == 500'000);
}

TEST_CASE("whatever a handler throws becomes a response without internals") {
    Router router;
    router.add(Method::get, "/problem", [](const Request&) -> Response {
        throw ProblemError{problem::conflict, "It is taken.", {{"/name", "is taken"}}};
    });
    router.add(Method::get, "/error", [](const Request&) -> Response { throw std::runtime_error("password=hunter2"); });
    router.add(Method::get, "/odd", [](const Request&) -> Response { throw 7; });
    const auto ask = [&router](const char* path) {
        Request request;
        request.path = path;
        return run_handler(router, request);
    };
    CHECK(ask("/problem").status == 409);
    CHECK(ask("/problem").body.find(R"("errors":[{"pointer":"/name","detail":"is taken"}])") != std::string::npos);
    CHECK(ask("/error").status == 500);
    CHECK(ask("/error").body.find("hunter2") == std::string::npos);
    CHECK(ask("/odd").status == 500);
}

}  // namespace exchange_test

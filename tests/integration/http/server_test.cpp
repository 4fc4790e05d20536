#include <doctest/doctest.h>

#include <thread>

#include "tests/integration/http/fixture.h"

namespace server_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a request is answered, with the headers every response has") {
    HttpFixture http;
    const auto answer = get(http.port(), "/fast");
    CHECK(answer.status == 200);
    CHECK(answer.body == "fast");
    CHECK(answer.headers.at("content-type") == "text/plain; charset=utf-8");
    CHECK(answer.headers.at("cache-control") == "no-store");
    CHECK(answer.headers.at("x-content-type-options") == "nosniff");
    CHECK(answer.headers.contains("date"));
}

TEST_CASE("what a handler says of caching stands") {
    HttpFixture http;
    const auto answer = get(http.port(), "/cached");
    CHECK(answer.headers.at("cache-control") == "max-age=5");
    CHECK(answer.headers.at("etag") == "\"1\"");
}

TEST_CASE("a handler sees decoded parameters, headers in lower case and the peer") {
    HttpFixture http;
    RawClient client(http.port());
    client.send("GET /say/a%20b?x=1 HTTP/1.1\r\nHost: x\r\nX-TEST: yes\r\n\r\n");
    CHECK(client.receive().body == "a b|127.0.0.1|yes");
}

TEST_CASE("a connection serves request after request, also when they come all at once") {
    HttpFixture http;
    RawClient client(http.port());
    std::string burst;
    for (int i = 0; i < 50; ++i) burst += "GET /say/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    burst +=
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /fast HTTP/1.1\r\nHost: x\r\nConnection: "
        "close\r\n\r\n";
    REQUIRE(client.send(burst));
    for (int i = 0; i < 50; ++i) REQUIRE(client.receive().body == std::to_string(i) + "|127.0.0.1|");
    CHECK(client.receive().body == "hello");
    CHECK(client.receive().body == "fast");
    CHECK(client.closed());
}

TEST_CASE("a body in chunks is put together") {
    HttpFixture http;
    RawClient client(http.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    CHECK(client.receive().body == "abcde");
}

TEST_CASE("a client that waits for 100 gets it and then its answer") {
    HttpFixture http;
    RawClient client(http.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.receive().status == 100);
    client.send("abc");
    CHECK(client.receive().body == "abc");
}

TEST_CASE("HEAD is answered as GET without the body, and the connection goes on") {
    HttpFixture http;
    RawClient client(http.port());
    client.send("HEAD /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = client.receive(true);
    CHECK(head.status == 200);
    CHECK(head.headers.at("content-length") == "4");
    client.send("DELETE /empty HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.receive(true).status == 204);
    client.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.receive().body == "fast");
}

TEST_CASE("a handler that throws is a 500 that says nothing of why, and the server goes on") {
    HttpFixture http;
    RawClient client(http.port());
    client.send("GET /throws HTTP/1.1\r\nHost: x\r\n\r\nGET /problem HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto failed = client.receive();
    CHECK(failed.status == 500);
    CHECK(failed.headers.at("content-type") == "application/problem+json");
    CHECK(failed.body.find("hunter2") == std::string::npos);
    const auto conflict = client.receive();
    CHECK(conflict.status == 409);
    CHECK(conflict.body.find("\"detail\":\"Taken.\"") != std::string::npos);
}

TEST_CASE("a response that would forge headers is not sent") {
    HttpFixture http;
    const auto answer = get(http.port(), "/unsendable");
    CHECK(answer.status == 500);
    CHECK_FALSE(answer.headers.contains("set-cookie"));
}

TEST_CASE("a slow handler holds up its own client only") {
    HttpFixture http({.workers = 2});
    RawClient slow(http.port());
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return http.door.waiting() == 1; }));
    for (int i = 0; i < 100; ++i) REQUIRE(get(http.port(), "/fast").status == 200);
    http.door.open();
    CHECK(slow.receive().body == "slow");
}

TEST_CASE("what no worker can take and the queue cannot hold is 503 with Retry-After, and later served") {
    HttpFixture http({.workers = 1, .max_queued = 2});
    RawClient busy(http.port());
    busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return http.door.waiting() == 1; }));
    RawClient first(http.port());
    RawClient second(http.port());
    first.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    second.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return http.exposes("sonde_http_queued 2\n"); }));
    RawClient third(http.port());
    third.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto refused = third.receive();
    CHECK(refused.status == 503);
    CHECK(refused.headers.at("retry-after") == "1");
    CHECK(refused.headers.at("content-type") == "application/problem+json");
    http.door.open();
    CHECK(busy.receive().status == 200);
    CHECK(first.receive().status == 200);
    CHECK(second.receive().status == 200);
    third.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(third.receive().status == 200);
}

TEST_CASE("requests are counted by route, method and status") {
    HttpFixture http;
    get(http.port(), "/say/one");
    get(http.port(), "/say/two");
    get(http.port(), "/nowhere");
    CHECK(http.exposes("sonde_http_requests_total{method=\"GET\",route=\"/say/{what}\",status=\"200\"} 2\n"));
    CHECK(http.exposes("sonde_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1\n"));
    CHECK(http.exposes("sonde_http_request_seconds_count{route=\"/say/{what}\"} 2\n"));
    CHECK(eventually([&] { return http.exposes("sonde_http_connections 0\n"); }));
}

TEST_CASE("a server that stops lets the running handler answer, refuses what waits, and closes idle connections") {
    auto http = std::make_unique<HttpFixture>(http::ServerOptions{.workers = 1});
    const int port = http->port();
    RawClient idle(port);
    RawClient running(port);
    running.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return http->door.waiting() == 1; }));
    RawClient waiting(port);
    waiting.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return http->exposes("sonde_http_queued 1\n"); }));
    std::thread stopping([&] { http->server.reset(); });
    const auto refused = waiting.receive();
    CHECK(refused.status == 503);
    CHECK(refused.headers.at("connection") == "close");
    CHECK_THROWS(RawClient{port});
    http->door.open();
    CHECK(running.receive().body == "slow");
    CHECK(idle.closed());
    stopping.join();
}

TEST_CASE("an address that cannot be listened on is told with the reason") {
    HttpFixture http;
    const auto failure = [&](http::ServerOptions options) -> std::string {
        try {
            const http::Server second(std::move(options), http.router, http.metrics);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "it started";
    };
    CHECK(failure({.port = http.port()}) ==
          "cannot listen on 127.0.0.1 port " + std::to_string(http.port()) + ": Address already in use");
    CHECK(failure({.address = "localhost"}) == "cannot listen on \"localhost\": it is not a literal IPv4 or IPv6 address");
    CHECK(failure({.address = "192.0.2.1"}) == "cannot listen on 192.0.2.1 port 0: Cannot assign requested address");
}

TEST_CASE("a server may listen on IPv6") {
    HttpFixture http({.address = "::1"});
    CHECK(http.port() > 0);
}

}  // namespace server_test

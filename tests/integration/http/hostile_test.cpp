#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "lib/http/connections.h"
#include "tests/integration/http/fixture.h"

namespace hostile_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// Sends `bytes`, one every few milliseconds, until the other end closes. Returns how long that took.
milliseconds dribble(RawClient& client, std::string_view bytes) {
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + seconds{10};
    for (std::size_t i = 0; std::chrono::steady_clock::now() < end; i = (i + 1) % bytes.size()) {
        if (!client.send(bytes.substr(i, 1))) break;
        std::this_thread::sleep_for(milliseconds{5});  // the pace is what is tested
    }
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

constexpr milliseconds kShort{400};

}  // namespace

TEST_CASE("a body that is announced as too large is refused, and the client can read that") {
    HttpFixture http({.max_body_bytes = 1000});
    for (const std::size_t size : {1001UL, 100'000UL, 20'000'000UL}) {
        RawClient client(http.port());
        client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        CHECK(client.send(std::string(size, 'x')));
        const auto answer = client.receive();
        CHECK(answer.status == 413);
        CHECK(answer.headers.at("content-type") == "application/problem+json");
        CHECK(answer.headers.at("connection") == "close");
        CHECK(client.closed());
    }
}

TEST_CASE("a body that is announced as enormous, or waits to hear, is refused before it is sent") {
    HttpFixture http({.max_body_bytes = 1000});
    RawClient enormous(http.port());
    enormous.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n");
    CHECK(enormous.receive().status == 413);
    RawClient waiting(http.port());
    waiting.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n");
    CHECK(waiting.receive().status == 413);
}

TEST_CASE("a body in chunks that turns out too large is refused") {
    HttpFixture http({.max_body_bytes = 1000});
    RawClient client(http.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100; ++i) REQUIRE(client.send("64\r\n" + std::string(100, 'x') + "\r\n"));
    client.send("0\r\n\r\n");
    CHECK(client.receive().status == 413);
    CHECK(client.closed());
}

TEST_CASE("a body of exactly the bound is taken") {
    HttpFixture http({.max_body_bytes = 1000});
    RawClient client(http.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
    CHECK(client.receive().body.size() == 1000);
}

TEST_CASE("a long target is 414, a flood of headers 431, and others are served meanwhile") {
    HttpFixture http;
    CHECK(get(http.port(), "/" + std::string(9000, 'x')).status == 414);
    CHECK(get(http.port(), "/say/" + std::string(8000, 'x')).status == 200);
    RawClient flood(http.port());
    flood.send("GET /fast HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 5000; ++i) {
        if (!flood.send("X-Header-" + std::to_string(i) + ": " + std::string(50, 'y') + "\r\n")) break;
    }
    const auto refused = flood.receive();
    CHECK((refused.status == 431 || refused.status == 0));  // it may be closed on us while we still write
    CHECK(get(http.port(), "/fast").status == 200);
}

TEST_CASE("a target of nothing but parameters is read like any other") {
    HttpFixture http;
    std::string target = "/fast?p=1";
    for (int i = 0; i < 1000; ++i) target += "&p" + std::to_string(i) + "=1";
    CHECK(get(http.port(), target).status == 200);
    CHECK(get(http.port(), "/fast?" + std::string(4000, '&')).status == 200);
}

TEST_CASE("hostile targets are 400 problem documents") {
    HttpFixture http;
    for (const auto* target : {"/%", "/%zz", "/%00", "/say/..", "/say/%2e%2e/x", "/../../etc/passwd", "/say/a%2fb", "/say/%ff",
                               "/fast?x=%0", "/fast?%00=1", "/say/\xC3\xBC", "/fast#x"}) {
        const auto answer = get(http.port(), target);
        CHECK_MESSAGE(answer.status == 400, target);
        CHECK(answer.headers.at("content-type") == "application/problem+json");
    }
}

TEST_CASE("what is not HTTP, or smuggles, is refused or cut, and the server goes on") {
    HttpFixture http;
    for (const std::string& text :
         {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("GARBAGE\r\n\r\n"),
          std::string("GET /fast HTTP/1.1\r\n\r\n"), std::string("GET /fast HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
          std::string("GET /fast HTTP/9.9\r\nHost: x\r\n\r\n"),
          std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
          std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
          std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3x\r\n\r\nabc"),
          std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nabc"),
          std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
          std::string("BREW /fast HTTP/1.1\r\nHost: x\r\n\r\n"), std::string("\r\n\r\n\r\n\r\n")}) {
        RawClient client(http.port());
        client.send(text);
        if (text.find("/") == std::string::npos) continue;  // not even a request line: whether it is answered does not matter
        const auto answer = client.receive();
        CHECK_MESSAGE((answer.status == 0 || answer.status >= 400), text);
    }
    CHECK(get(http.port(), "/fast").status == 200);
}

TEST_CASE("a request that comes byte by byte is cut off at its deadline, wherever it dribbles") {
    HttpFixture http({.request_deadline = kShort});
    const struct {
        const char* where;
        std::string start;
        std::string dribbled;
    } cases[] = {
        {"request line", "",
         "GET "
         "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaa"},
        {"headers", "GET /fast HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"},
        {"body", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "x"},
        {"chunks", "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
        {"second request", "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    for (const auto& slow : cases) {
        RawClient client(http.port());
        client.send(slow.start);
        if (slow.where == std::string("second request")) REQUIRE(client.receive().status == 200);
        const auto took = dribble(client, slow.dribbled);
        CHECK_MESSAGE(took >= kShort, slow.where);
        CHECK_MESSAGE(took < seconds{20}, slow.where);
    }
    CHECK(http.exposes("sonde_http_cut_total{reason=\"slow_request\"} 5\n"));
    CHECK(get(http.port(), "/fast").status == 200);
}

TEST_CASE("a client that stops in the middle of a request is told so and cut off") {
    HttpFixture http({.request_deadline = kShort});
    RawClient client(http.port());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    const auto answer = client.receive();
    CHECK(answer.status == 408);
    CHECK(answer.body.find("urn:sonde:problem:request_timeout") != std::string::npos);
    CHECK(client.closed());
}

TEST_CASE("a client that does not take its response is cut off") {
    HttpFixture http({.request_deadline = kShort});
    RawClient client(http.port());
    client.shrink_receive_buffer();
    client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(eventually([&] { return http.exposes("sonde_http_cut_total{reason=\"slow_response\"} 1\n"); }));
    CHECK(eventually([&] { return http.exposes("sonde_http_connections 0\n"); }));
}

TEST_CASE("an idle connection is closed after its time, a busy handler's is not") {
    HttpFixture http({.request_deadline = kShort, .idle_timeout = milliseconds{300}});
    RawClient idle(http.port());
    RawClient busy(http.port());
    busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(idle.until_closed() < seconds{20});
    RawClient second(http.port());
    second.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(second.receive().status == 200);
    CHECK(second.until_closed() < seconds{20});
    http.door.open();
    CHECK(busy.receive().body == "slow");
}

TEST_CASE("one peer cannot take all connections") {
    HttpFixture http({.max_connections_per_peer = 3});
    auto first = std::make_unique<RawClient>(http.port());
    RawClient second(http.port());
    RawClient third(http.port());
    third.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(third.receive().status == 200);  // all three are accepted
    RawClient fourth(http.port());
    CHECK(fourth.closed());
    CHECK(http.exposes("sonde_http_cut_total{reason=\"peer_limit\"} 1\n"));
    first.reset();
    CHECK(eventually([&] { return get(http.port(), "/fast").status == 200; }));
}

TEST_CASE("connections of one IPv6 network are counted together") {
    metrics::Registry registry;
    http::EventThread events;
    http::Connections connections({2, seconds{60}, seconds{60}}, events, registry);
    const auto open = [&](const std::string& peer) { return connections.admits(peer) ? connections.opened(-1, peer) : nullptr; };
    auto* first = open("2001:db8::1");
    auto* second = open("2001:db8::2");
    REQUIRE(first != nullptr);
    REQUIRE(second != nullptr);
    CHECK(first->peer == "2001:db8::1");
    CHECK(!connections.admits("2001:db8::3"));
    auto* neighbour = open("2001:db8:0:1::1");
    CHECK(neighbour != nullptr);
    connections.closed(first);
    CHECK(connections.admits("2001:db8::3"));
    connections.closed(second);
    connections.closed(neighbour);
}

TEST_CASE("a client that says no more after its request is answered nonetheless, however long that takes") {
    HttpFixture http;
    RawClient fast(http.port());
    fast.send("GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    fast.end_sending();
    CHECK(fast.receive().body == "fast");
    CHECK(fast.closed());
    RawClient slow(http.port());
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    slow.end_sending();
    REQUIRE(eventually([&] { return http.door.waiting() == 1; }));
    for (int i = 0; i < 2; ++i) {  // each takes the guard several looks
        RawClient vanished(http.port());
        vanished.send("GET /fa");
        vanished.end_sending();
        CHECK(vanished.closed());
    }
    http.door.open();
    CHECK(slow.receive().body == "slow");
}

TEST_CASE("clients that vanish at any moment leave nothing behind") {
    HttpFixture http({.workers = 2});
    const std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n01234567890123456789";
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
        RawClient client(http.port());
        client.send(std::string_view(request).substr(0, cut));
    }
    CHECK(eventually([&] { return http.exposes("sonde_http_connections 0\n"); }));
    {
        RawClient gone(http.port());
        gone.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
        REQUIRE(eventually([&] { return http.door.waiting() == 1; }));
    }
    http.door.open();
    CHECK(eventually([&] { return http.exposes("sonde_http_connections 0\n"); }));
    CHECK(get(http.port(), "/fast").status == 200);
}

TEST_CASE("many clients at once are all served") {
    HttpFixture http;
    std::atomic<int> good{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&, i] {
            RawClient client(http.port());
            for (int k = 0; k < 200; ++k) {
                const auto word = std::to_string(i) + "-" + std::to_string(k);
                client.send("GET /say/" + word + " HTTP/1.1\r\nHost: x\r\n\r\n");
                if (client.receive().body == word + "|127.0.0.1|") ++good;
            }
        });
    }
    for (auto& client : clients) client.join();
    CHECK(good == 16 * 200);
}

}  // namespace hostile_test

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe-agent/probe/run_once.h"
#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/raw_server.h"

namespace http_probe_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::HttpSpec;

namespace {

const auto* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

HttpSpec spec_of(const std::string& url) {
    HttpSpec spec;
    spec.url = url;
    return spec;
}

}  // namespace

TEST_CASE("an answer is seen with its status, address, version, size and phases") {
    Bench bench;
    RawServer server([](int fd) {
        read_request(fd);
        ::usleep(30'000);
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        ::usleep(300'000);
        send_all(fd, "world");
    });
    const auto seen = bench.run(server.url());
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(seen.http().status == 200);
    CHECK(seen.http().version == "1.1");
    CHECK(seen.address == "127.0.0.1:" + std::to_string(server.port()));
    CHECK(seen.http().final_url.empty());
    CHECK(seen.http().body_bytes == 10);
    CHECK(!seen.http().body_truncated);
    CHECK(!seen.tls);
    const auto& p = seen.phases;
    CHECK(p.first_byte >= milliseconds{29});
    CHECK(p.first_byte + p.transfer >= milliseconds{329});
    CHECK(p.transfer >= milliseconds{100});  // which a machine that lets the first byte wait makes shorter
    CHECK(p.tls == microseconds{0});
    CHECK(p.total >= p.resolve + p.connect + p.first_byte + p.transfer);
    CHECK(p.total < seconds{20});
}

TEST_CASE("a request says who asks, what for, and what the spec adds") {
    Bench bench;
    std::string request;
    RawServer server([&request](int fd) {
        request = read_request(fd);
        send_all(fd, kOk);
    });
    auto spec = spec_of("http://good.test:" + std::to_string(server.port()) + "/a%20b?q=1");
    spec.headers = {{"X-Key", "value"}, {"X-Empty", ""}};
    CHECK(bench.run(spec).http().status == 200);
    CHECK(request.starts_with("GET /a%20b?q=1 HTTP/1.1\r\n"));
    CHECK(request.find("\r\nHost: good.test:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
    CHECK(request.find("\r\nUser-Agent: Sonde/test\r\n") != std::string::npos);
    CHECK(request.find("\r\nX-Key: value\r\n") != std::string::npos);
    CHECK(request.find("\r\nX-Empty:\r\n") != std::string::npos);
    spec.headers = {{"User-Agent", "mine"}};
    bench.run(spec);
    CHECK(request.find("\r\nUser-Agent: mine\r\n") != std::string::npos);
    CHECK(request.find("Sonde/") == std::string::npos);
    CHECK(request.find("X-Key") == std::string::npos);
}

TEST_CASE("POST sends its body as it is, and HEAD wants none") {
    Bench bench;
    std::string request;
    RawServer server([&request](int fd) {
        request = read_request(fd);
        send_all(fd, request.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" : kOk);
    });
    auto spec = spec_of(server.url());
    spec.method = "POST";
    spec.body = "{\"a\":1}";
    CHECK(bench.run(spec).http().status == 200);
    CHECK(request.starts_with("POST / HTTP/1.1\r\n"));
    CHECK(request.ends_with("\r\n\r\n{\"a\":1}"));
    CHECK(request.find("Content-Length: 7") != std::string::npos);
    CHECK(request.find("Content-Type") == std::string::npos);
    CHECK(request.find("Expect") == std::string::npos);
    spec.headers = {{"Content-Type", "application/json"}};
    bench.run(spec);
    CHECK(request.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    spec.body = "";
    bench.run(spec);
    CHECK(request.find("Content-Length: 0") != std::string::npos);
    auto head = spec_of(server.url());
    head.method = "HEAD";
    const auto seen = bench.run(head);
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(request.starts_with("HEAD / HTTP/1.1\r\n"));
    CHECK(seen.http().body_bytes == 0);
    // The handle of the HEAD, used again for a GET, is a GET.
    CHECK(bench.run(server.url()).http().body_bytes == 5);
}

TEST_CASE("the environment's proxy is not used") {
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    ::setenv("all_proxy", "http://127.0.0.1:1", 1);
    Bench bench;
    RawServer server(answering(kOk));
    CHECK(bench.run(server.url()).http().status == 200);
    ::unsetenv("http_proxy");
    ::unsetenv("all_proxy");
}

TEST_CASE("every check has a connection of its own") {
    Bench bench;
    RawServer server([](int fd) {
        while (!read_request(fd).empty() && send_all(fd, kOk)) {
        }
    });
    for (int i = 1; i <= 3; ++i) {
        CHECK(bench.run(server.url()).http().status == 200);
        CHECK(server.connections() == i);
    }
}

TEST_CASE("a port on which nobody listens is connect_refused") {
    Bench bench;
    const auto port = std::to_string(closed_port());
    const auto seen = bench.run("http://127.0.0.1:" + port + "/");
    CHECK(seen.failure.cause == FailureClass::connect_refused);
    CHECK(seen.failure.message == "cannot connect to 127.0.0.1:" + port + ": Connection refused");
    CHECK(seen.http().status == 0);
    CHECK(seen.address.empty());
    CHECK(seen.phases.first_byte == microseconds{0});
}

TEST_CASE("a listener that takes no connection is connect_timeout, at the deadline") {
    Bench bench;
    FullListener full;
    const auto seen = bench.run("http://127.0.0.1:" + std::to_string(full.port()) + "/", milliseconds{300});
    CHECK_MESSAGE(seen.failure.cause == FailureClass::connect_timeout, describe(seen));
    CHECK(seen.failure.message == "no connection to 127.0.0.1:" + std::to_string(full.port()) + " within 300 ms");
    CHECK(bench.took >= milliseconds{300});
    CHECK(bench.took < seconds{20});
    CHECK(seen.phases.connect >= milliseconds{290});
}

TEST_CASE("an address there is no way to is unreachable") {
    Bench bench;
    // TCP to a multicast group: refused by the routing of every system.
    CHECK(bench.run("http://224.0.0.1/").failure.cause == FailureClass::unreachable);
}

TEST_CASE("a blocked address is never connected to") {
    Bench bench;
    RawServer server(answering(kOk));
    const auto port = std::to_string(server.port());
    auto seen = bench.run("http://127.0.0.66:" + port + "/");
    CHECK(seen.failure.cause == FailureClass::blocked_address);
    CHECK(seen.failure.message == "127.0.0.66 is in the denied block 127.0.0.66/32");
    seen = bench.run("http://10.1.2.3/");
    CHECK(seen.failure.message == "10.1.2.3 is a private address");
    CHECK(bench.run("http://[::ffff:10.1.2.3]/").failure.cause == FailureClass::blocked_address);
    CHECK(bench.run("http://169.254.169.254/latest/meta-data/").failure.cause == FailureClass::blocked_address);
    seen = bench.run("http://blocked.test:" + port + "/");
    CHECK(seen.failure.message == "blocked.test: 127.0.0.66 is in the denied block 127.0.0.66/32");
    CHECK(server.connections() == 0);
    // Of a name with several addresses only those are tried that pass.
    seen = bench.run("http://mixed.test:" + port + "/");
    CHECK(seen.http().status == 200);
    CHECK(seen.address == "127.0.0.1:" + port);
}

TEST_CASE("a connection that is reset is reset, before and within the answer") {
    Bench bench;
    RawServer at_once([](int fd) {
        read_request(fd);
        reset(fd);
    });
    CHECK(bench.run(at_once.url()).failure.cause == FailureClass::reset);
    RawServer within([](int fd) {
        read_request(fd);
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal");
        ::usleep(50'000);
        reset(fd);
    });
    const auto seen = bench.run(within.url());
    CHECK_MESSAGE(seen.failure.cause == FailureClass::reset, describe(seen));
    CHECK(seen.http().status == 200);
    CHECK(seen.address == "127.0.0.1:" + std::to_string(within.port()));
}

TEST_CASE("what is no HTTP is http_protocol") {
    Bench bench;
    for (const auto* text :
         {"", "SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n", "<html>hello</html>", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"}) {
        RawServer server(answering(text));
        const auto seen = bench.run(server.url());
        CHECK_MESSAGE(seen.failure.cause == FailureClass::http_protocol, std::string(text), " was ", describe(seen));
    }
}

TEST_CASE("headers without end are cut off as http_protocol") {
    Bench bench;
    RawServer server([](int fd) {
        read_request(fd);
        send_all(fd, "HTTP/1.1 200 OK\r\n");
        const auto line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
        while (send_all(fd, line)) {
        }
    });
    const auto seen = bench.run(server.url());
    CHECK(seen.failure.cause == FailureClass::http_protocol);
    CHECK(seen.failure.message == "the headers of the answer are longer than 65536 bytes");
}

TEST_CASE("a body without end is read up to its limit, told as truncated, and no failure") {
    Bench bench;
    RawServer server([](int fd) {
        read_request(fd);
        send_all(fd, "HTTP/1.1 200 OK\r\n\r\n");
        const std::string block(16 * 1024, 'x');
        while (send_all(fd, block)) {
        }
    });
    auto spec = spec_of(server.url());
    spec.max_body_bytes = 100'000;
    auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(seen.http().status == 200);
    CHECK(seen.http().body_truncated);
    CHECK(seen.http().body_bytes == 100'000);
    spec.max_body_bytes = 0;
    seen = bench.run(spec);
    CHECK(seen.http().body_truncated);
    CHECK(seen.http().body_bytes == 0);
    CHECK(seen.http().status == 200);
}

TEST_CASE("a body of exactly the limit is whole") {
    Bench bench;
    RawServer server(answering(kOk));
    auto spec = spec_of(server.url());
    spec.max_body_bytes = 5;
    CHECK(!bench.run(spec).http().body_truncated);
    spec.max_body_bytes = 4;
    CHECK(bench.run(spec).http().body_truncated);
}

TEST_CASE("a server that never answers, or dribbles, is timeout_total at the deadline") {
    Bench bench;
    RawServer silent([](int fd) { read_request(fd), read_request(fd); });
    auto seen = bench.run(silent.url(), milliseconds{250});
    CHECK(seen.failure.cause == FailureClass::timeout_total);
    CHECK(seen.failure.message == "250 ms were over waiting for an answer of 127.0.0.1:" + std::to_string(silent.port()));
    CHECK(seen.phases.first_byte >= milliseconds{200});
    CHECK(bench.took < seconds{20});

    RawServer dribbling([](int fd) {
        read_request(fd);
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while (send_all(fd, "x")) ::usleep(10'000);
    });
    seen = bench.run(dribbling.url(), milliseconds{300});
    CHECK(seen.failure.cause == FailureClass::timeout_total);
    CHECK(seen.http().status == 200);
    CHECK(seen.http().body_bytes > 5);
    CHECK(seen.phases.transfer >= milliseconds{200});
    CHECK(bench.took < seconds{20});
}

TEST_CASE("interim answers are passed over") {
    Bench bench;
    RawServer server(answering(std::string("HTTP/1.1 103 Early Hints\r\nLocation: /elsewhere\r\n\r\n") + kOk));
    const auto seen = bench.run(server.url());
    CHECK_MESSAGE(seen.http().status == 200, describe(seen));
    CHECK(seen.http().redirects == 0);
}

TEST_CASE("an attempt that is dropped ends its connection and reports nothing") {
    Bench bench;
    std::atomic<bool> closed{false};
    RawServer silent([&closed](int fd) {
        read_request(fd);
        read_request(fd);
        closed = true;
    });
    bool reported = false;
    auto attempt = bench.probe.start(*agent::make_target(check::Spec{spec_of(silent.url())}), milliseconds{5000},
                                     [&](check::Observation) { reported = true; });
    REQUIRE(turn_until(bench.loop, [&] { return silent.connections() == 1; }));
    attempt.reset();
    REQUIRE(turn_until(bench.loop, [&] { return closed.load(); }));
    CHECK(!reported);
}

TEST_CASE("many checks at once each see their own answer") {
    Bench bench;
    RawServer server([](int fd) {
        const auto request = read_request(fd);
        const auto body = request.substr(5, request.find(' ', 5) - 5);
        send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    });
    constexpr int kChecks = 300;
    int right = 0;
    int ended = 0;
    std::vector<std::unique_ptr<agent::Attempt>> attempts;
    for (int i = 0; i < kChecks; ++i) {
        const std::string path(static_cast<std::size_t>(i % 50 + 1), 'p');
        attempts.push_back(bench.probe.start(*agent::make_target(check::Spec{spec_of(server.url("/" + path))}),
                                             milliseconds{20'000}, [&, path](test::Seen seen) {
                                                 ++ended;
                                                 if (seen.http().status == 200 &&
                                                     seen.http().body_bytes == static_cast<std::int64_t>(path.size()))
                                                     ++right;
                                             }));
    }
    REQUIRE(turn_until(
        bench.loop, [&] { return ended == kChecks; }, milliseconds{20'000}));
    CHECK(right == kChecks);
}

TEST_CASE("run_once gives observation and judgement of one check") {
    RawServer server(answering("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
    const auto result =
        agent::run_once(check::Spec{spec_of(server.url())}, milliseconds{5000}, *net::make_guard({"127.0.0.0/8"}, {}));
    CHECK(check::http_status_of(result.observation) == 503);
    CHECK(result.judgement.verdict == check::Verdict::down);
    CHECK(result.judgement.cause == FailureClass::http_status);
    CHECK(agent::run_once(check::Spec{spec_of(server.url())}, milliseconds{5000}, {}).judgement.cause ==
          FailureClass::blocked_address);
}

}  // namespace http_probe_test

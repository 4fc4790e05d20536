#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/raw_server.h"
#include "tests/support/servers.h"

namespace http_hostile_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::HttpSpec;
using check::Phase;

namespace {

// What gzip makes of so many bytes of `x`.
std::string gzipped(std::size_t bytes) {
    const auto command = "head -c " + std::to_string(bytes) + " /dev/zero | tr '\\0' x | gzip -9 -c";
    FILE* out = ::popen(command.c_str(), "r");
    REQUIRE(out != nullptr);
    std::string packed;
    char buffer[4096];
    while (const auto got = std::fread(buffer, 1, sizeof buffer, out)) packed.append(buffer, got);
    REQUIRE(::pclose(out) == 0);
    return packed;
}

RawServer::Serve answering_packed(std::string body) {
    return answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::move(body));
}

HttpSpec spec_of(const std::string& url) {
    HttpSpec spec;
    spec.url = url;
    return spec;
}

}  // namespace

TEST_CASE("compressed bodies are taken and unpacked, where the spec does not say otherwise") {
    Bench bench;
    std::string request;
    RawServer server([&request, answer = answering_packed(gzipped(10'000))](int fd) {
        char head[4096];
        const auto got = ::recv(fd, head, sizeof head, MSG_PEEK);
        request.assign(head, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        answer(fd);
    });
    auto spec = spec_of(server.url());
    auto seen = bench.run(spec);
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(request.find("\r\nAccept-Encoding: gzip, deflate, br\r\n") != std::string::npos);
    CHECK(seen.http().body_bytes == 10'000);
    CHECK(seen.http().body.substr(0, 100) == std::string(100, 'x'));
    spec.connection.compression = false;
    seen = bench.run(spec);
    CHECK(request.find("Accept-Encoding") == std::string::npos);
    CHECK(seen.http().body_bytes < 200);
}

TEST_CASE("a gzip bomb is cut off at the limit of the body, and told") {
    Bench bench;
    const auto bomb = gzipped(200'000'000);
    REQUIRE(bomb.size() < 300'000);
    RawServer server(answering_packed(bomb));
    const auto seen = bench.run(server.url());
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(seen.http().status == 200);
    CHECK(seen.http().body_bytes == 1 << 20);
    CHECK(seen.http().body_truncated);
}

TEST_CASE("a body that is not what its encoding says is http_protocol") {
    Bench bench;
    RawServer server(answering_packed("this is not gzip at all"));
    CHECK(bench.run(server.url()).failure.cause == FailureClass::http_protocol);
}

TEST_CASE("a connection that is reset is told with the step it was in") {
    Bench bench;
    struct Row {
        const char* before;  // what the server says before it resets
        int status;
        Phase phase;
    };
    for (const auto& row : {Row{"", 0, Phase::first_byte}, Row{"HTTP/1.1 200 OK\r\nX-He", 200, Phase::first_byte},
                            Row{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", 200, Phase::transfer},
                            Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", 200, Phase::transfer}}) {
        RawServer server([&](int fd) {
            read_request(fd);
            send_all(fd, row.before);
            // Until the client's kernel has it all: a reset drops what is on the way.
            eventually([&] {
                int unsent = 1;
                return ::ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent == 0;
            });
            ::usleep(50'000);
            reset(fd);
        });
        const auto seen = bench.run(server.url());
        CHECK_MESSAGE(seen.failure.cause == FailureClass::reset, std::string(row.before), ": ", describe(seen));
        CHECK_MESSAGE(seen.failure.phase == row.phase, std::string(row.before), ": ", name_of(seen.failure.phase));
        CHECK(seen.http().status == row.status);
    }
    RawServer handshake([](int fd) {
        char hello[4096];
        static_cast<void>(::read(fd, hello, sizeof hello));
        reset(fd);
    });
    auto seen = bench.run(handshake.url("/", "https"));
    CHECK(seen.failure.cause == FailureClass::reset);
    CHECK(seen.failure.phase == Phase::tls);
    seen = bench.run("http://127.0.0.1:" + std::to_string(closed_port()) + "/");
    CHECK(seen.failure.cause == FailureClass::connect_refused);
    CHECK(seen.failure.phase == Phase::connect);
}

TEST_CASE("interim answers, chunks and trailers are told apart from the headers") {
    Bench bench;
    RawServer server(answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                               "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n"));
    const auto seen = bench.run(server.url());
    CHECK_MESSAGE(seen.failure.cause == FailureClass::none, describe(seen));
    CHECK(seen.http().body == "hello world");
    CHECK(seen.http().headers == std::vector<std::pair<std::string, std::string>>{{"Transfer-Encoding", "chunked"}, {"Trailer", "X-Sum"}});
    CHECK(seen.http().trailers == std::vector<std::pair<std::string, std::string>>{{"X-Sum", "42"}});
    const auto evidence = check::write(seen.http(), true);
    CHECK(evidence["trailers"][0]["value"] == "42");
}

TEST_CASE("headers that dribble end at the deadline") {
    Bench bench;
    RawServer server([](int fd) {
        read_request(fd);
        send_all(fd, "HTTP/1.1 200 OK\r\nX-Slow: ");
        while (send_all(fd, "x")) ::usleep(10'000);
    });
    const auto seen = bench.run(server.url(), milliseconds{300});
    CHECK(seen.failure.cause == FailureClass::timeout_total);
    CHECK(bench.took < seconds{20});
}

}  // namespace http_hostile_test

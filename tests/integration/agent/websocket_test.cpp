// The kind `websocket` against a server by another library, and against scripted ones.
#include <doctest/doctest.h>

#include "probe-agent/probe/websocket/handshake.h"
#include "tests/integration/agent/judged.h"
#include "tests/support/python_server.h"
#include "tests/integration/agent/tls_server.h"

namespace websocket_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::Phase;
using check::Verdict;
using check::WebSocketFacts;
using check::WebSocketSpec;

namespace {

WebSocketSpec spec_of(int port, const std::string& path, const std::string& more = "", const std::string& scheme = "ws") {
    return read_as<WebSocketSpec>(check::Kind::websocket, R"({"url":")" + scheme + "://good.test:" + std::to_string(port) + path + "\"" + more + "}");
}

constexpr auto& facts = facts_of<WebSocketFacts>;

std::string value_of(const std::string& request, const std::string& name) {
    const auto begin = request.find(name + ": ");
    if (begin == std::string::npos) return {};
    const auto value = begin + name.size() + 2;
    return request.substr(value, request.find("\r\n", value) - value);
}

// Shakes hands as it should, then says these bytes.
RawServer::Serve switching(std::string bytes, std::string headers = "") {
    return [bytes = std::move(bytes), headers = std::move(headers)](int fd) {
        const auto key = value_of(read_request(fd), "Sec-WebSocket-Key");
        send_all(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: " +
                         agent::accept_of(key) + "\r\n" + headers + "\r\n" + bytes);
        wait_for_end(fd);
    };
}

std::string frame(int first, const std::string& text) {
    return std::string{static_cast<char>(first), static_cast<char>(text.size())} + text;
}

}  // namespace

TEST_CASE("a server of another library is spoken to: handshake, subprotocol, a message, an answer and a close in good order") {
    Bench bench;
    PythonServer server("tests/integration/agent/websocket_server.py");
    auto spec = spec_of(server.port(), "/echo", R"(,"send":"ping é","expect":"heard ping","expect_matches":"é$")");
    auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    CHECK(facts(seen).message == "heard ping é");
    CHECK(facts(seen).close_code == 1000);
    CHECK(seen.address == "127.0.0.1:" + std::to_string(server.port()));
    CHECK(seen.phases.first_byte > microseconds{0});

    spec = spec_of(server.port(), "/greet?x=1", R"(,"subprotocols":["chat.v1","chat.v2"])");
    CHECK(judged(spec, bench.run(spec)).verdict == Verdict::up);
    spec = spec_of(server.port(), "/greet", R"(,"subprotocols":["chat.v2"],"expect":"hello from chat.v2")");
    seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    CHECK(facts(seen).subprotocol == "chat.v2");
    spec.subprotocols = {"chat.v1"};
    seen = bench.run(spec, milliseconds{300});
    CHECK(judged(spec, seen).cause == FailureClass::assertion);
    CHECK(judged(spec, seen).message == "subprotocol is not there, must be chat.v1");
    CHECK(judged(spec, seen).assertions.back().found == "hello from nobody");

    spec = spec_of(server.port(), "/chatty", R"(,"expect":"ready")");
    seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, describe(seen));
    CHECK(facts(seen).messages >= 21);
}

TEST_CASE("our headers and our origin arrive, and a server that does not like the origin says so by its status") {
    Bench bench;
    PythonServer server("tests/integration/agent/websocket_server.py");
    auto spec = spec_of(server.port(), "/headers", R"(,"send":"?","origin":"https://app.example","headers":{"Authorization":"Bearer x"},"expect":"Bearer x")");
    auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    CHECK(facts(seen).message.find("https://app.example") != std::string::npos);
    CHECK(facts(seen).message.find("Sonde/test") != std::string::npos);
    spec.origin = "https://evil.example";
    seen = bench.run(spec);
    CHECK(judged(spec, seen).cause == FailureClass::http_status);
    CHECK(judged(spec, seen).message == "status is 403, must be 101");
    CHECK(judged(spec, seen).assertions.size() == 2);  // and the message, which was not reached
}

TEST_CASE("over TLS the certificate must be good") {
    const auto authority = make_certificate({.common_name = "Root", .names = "", .is_authority = true});
    const auto good = make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &authority);
    Bench bench;
    const auto certificate = bench.directory.path() + "/certificate.pem";
    const auto key = bench.directory.path() + "/key.pem";
    std::ofstream(certificate) << good.pem();
    std::ofstream(key) << good.key_pem();
    PythonServer server("tests/integration/agent/websocket_server.py", {certificate, key});
    auto spec = spec_of(server.port(), "/echo", R"(,"send":"over TLS","expect":"heard over TLS")", "wss");
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_untrusted);
    spec.tls->ca = authority.pem();
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, describe(seen));
    REQUIRE(seen.tls);
    CHECK(seen.tls->certificate.subject == "CN=good.test");
    CHECK(seen.phases.tls > microseconds{0});
}

TEST_CASE("a close with a reason before the answer is told; silence is a time-out, and another answer a mismatch") {
    Bench bench;
    PythonServer server("tests/integration/agent/websocket_server.py");
    auto spec = spec_of(server.port(), "/policy", R"(,"expect":"x")");
    auto seen = bench.run(spec);
    CHECK(judged(spec, seen).cause == FailureClass::body_mismatch);
    CHECK(judged(spec, seen).message == "message is closed with 1008 not here, must be containing \"x\"");
    spec = spec_of(server.port(), "/echo", R"(,"expect":"x")");
    seen = bench.run(spec, milliseconds{300});
    CHECK(judged(spec, seen).cause == FailureClass::timeout_total);
    CHECK(judged(spec, seen).message == "message is not there, must be containing \"x\"");
    spec = spec_of(server.port(), "/echo", R"(,"send":"a","expect":"x")");
    seen = bench.run(spec, milliseconds{300});
    CHECK(judged(spec, seen).cause == FailureClass::body_mismatch);
    CHECK(judged(spec, seen).message == "message is heard a, must be containing \"x\"");
}

TEST_CASE("what is no handshake is http_protocol with the reason, and no answer at all has its own class") {
    Bench bench;
    const auto seen_of = [&](RawServer::Serve serve) {
        RawServer server(std::move(serve));
        return bench.run(spec_of(server.port(), "/"));
    };
    const auto message_of = [&](RawServer::Serve serve) {
        const auto seen = seen_of(std::move(serve));
        const auto judgement = judged(spec_of(1, "/"), seen);
        CHECK(judgement.cause == FailureClass::http_protocol);
        return judgement.message;
    };
    CHECK(message_of(answering("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"))
              .find("handshake is one that has a Sec-WebSocket-Accept that is not for our key: AAAA, must be one of WebSocket") == 0);
    CHECK(message_of(switching("", "Sec-WebSocket-Extensions: permessage-deflate\r\n")).find("an extension that was not offered") != std::string::npos);
    CHECK(message_of(switching("", "Sec-WebSocket-Protocol: chat\r\n")).find("a subprotocol that was not offered: chat") != std::string::npos);
    CHECK(message_of(answering("SSH-2.0-x\r\n")).find("does not begin with a status line of HTTP/1.1") != std::string::npos);
    CHECK(message_of(answering("HTTP/1.1 101 x\r\nUpgr")).find("closed the connection before it answered the handshake") != std::string::npos);
    CHECK(message_of(answering("HTTP/1.1 200 OK\r\nx: " + std::string(20000, 'x'))).find("more than 16384 bytes") != std::string::npos);
    CHECK(judged(spec_of(1, "/"), seen_of(answering("HTTP/1.1 404 Not Found\r\n\r\n"))).cause == FailureClass::http_status);
    CHECK(seen_of(reset).failure.cause == FailureClass::reset);
    CHECK(bench.run(spec_of(closed_port(), "/")).failure.cause == FailureClass::connect_refused);
    RawServer silent(wait_for_end);
    const auto waiting = bench.run(spec_of(silent.port(), "/"), milliseconds{250});
    CHECK(waiting.failure.cause == FailureClass::timeout_total);
    CHECK(waiting.failure.phase == Phase::first_byte);
    RawServer other(answering(""));
    auto blocked = spec_of(other.port(), "/");
    blocked.url = "ws://blocked.test:" + std::to_string(other.port()) + "/";
    CHECK(bench.run(blocked).failure.cause == FailureClass::blocked_address);
    CHECK(other.connections() == 0);
}

TEST_CASE("frames that break the protocol, endless noise and a peer that will not close are borne") {
    Bench bench;
    const auto judgement_of = [&](const std::string& bytes, const std::string& more = R"(,"expect":"x")") {
        RawServer server(switching(bytes));
        const auto spec = spec_of(server.port(), "/", more);
        return judged(spec, bench.run(spec));
    };
    CHECK(judgement_of(frame(0x81, "x")).verdict == Verdict::up);  // in the same segment as the handshake
    CHECK(judgement_of(frame(0x01, "a") + frame(0x89, "ping") + frame(0x80, "x")).verdict == Verdict::up);
    const auto masked = judgement_of(std::string("\x81\x81\x01\x02\x03\x04\x79", 7));
    CHECK(masked.message == "message is a frame that breaks the protocol, must be containing \"x\"");
    CHECK(masked.assertions.back().cause == FailureClass::http_protocol);
    CHECK(judgement_of(frame(0x81, "\xff\xfe")).assertions.back().found == "a text that is not UTF-8");
    CHECK(judgement_of(frame(0xc1, "a")).assertions.back().found == "a frame that breaks the protocol");
    CHECK(judgement_of(std::string("\x82\x7f\x00\x00\x00\x00\x7f\xff\xff\xff", 10) + "begun").assertions.back().found == "a message of more than 65536 bytes");
    std::string noise;
    for (int i = 0; i < 3000; ++i) noise += frame(0x81, std::string(100, 'n'));
    CHECK(judgement_of(noise).assertions.back().found == "more than 262144 bytes without what was expected");
    // It never answers our close frame: up, a second later.
    CHECK(judgement_of("", "").verdict == Verdict::up);
    CHECK(bench.took >= milliseconds{900});
}

}  // namespace websocket_test

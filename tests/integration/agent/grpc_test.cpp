// The kind `grpc` against grpcio, and against servers that speak HTTP/2 badly.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include "tests/integration/agent/judged.h"
#include "tests/support/python_server.h"
#include "tests/integration/agent/tls_server.h"

namespace grpc_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::GrpcFacts;
using check::GrpcSpec;
using check::Phase;
using check::Verdict;

namespace {

GrpcSpec spec_of(int port, const std::string& more = "") {
    return read_as<GrpcSpec>(check::Kind::grpc, R"({"host":"good.test","port":)" + std::to_string(port) + more + "}");
}

constexpr auto& facts = facts_of<GrpcFacts>;

// RFC 9113, section 4.1.
std::string frame(int type, int flags, int stream, const std::string& payload) {
    const auto size = static_cast<unsigned>(payload.size());
    std::string head;
    for (const unsigned byte : {size >> 16U, size >> 8U, size, static_cast<unsigned>(type), static_cast<unsigned>(flags), 0U, 0U, 0U, static_cast<unsigned>(stream)}) {
        head += static_cast<char>(byte & 0xffU);
    }
    return head + payload;
}

// RFC 7541, section 6.2.2: literal, new name.
std::string field(const std::string& name, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

constexpr int kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kGoaway = 7;
constexpr int kEndStream = 1, kEndHeaders = 4;

std::string start_of_answer(const std::string& type = "application/grpc") {
    return frame(kHeaders, kEndHeaders, 1, field(":status", "200") + field("content-type", type));
}
const std::string kServingFrame = frame(kData, 0, 1, std::string("\0\0\0\0\2\x08\1", 7));
std::string trailers(const std::string& status) { return frame(kHeaders, kEndHeaders | kEndStream, 1, field("grpc-status", status)); }

// Says its settings and then these bytes, as soon as we begin to speak.
RawServer::Serve saying(std::string bytes) {
    return [bytes = frame(kSettings, 0, 0, "") + bytes](int fd) {
        char byte = 0;
        if (::recv(fd, &byte, 1, 0) != 1) return;
        send_all(fd, bytes);
        wait_for_end(fd);
    };
}

}  // namespace

TEST_CASE("a gRPC server's health is told, of itself and of each service") {
    Bench bench;
    PythonServer server("tests/integration/agent/grpc_server.py");
    const auto message_of = [&](const std::string& service) {
        const auto spec = spec_of(server.port(), R"(,"service":")" + service + "\"");
        const auto seen = bench.run(spec);
        return judged(spec, seen).message;
    };
    const auto spec = spec_of(server.port());
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    CHECK(facts(seen).http_status == 200);
    CHECK(!facts(seen).trailers_only);
    CHECK(seen.address == "127.0.0.1:" + std::to_string(server.port()));
    CHECK(seen.phases.first_byte > microseconds{0});
    CHECK(message_of("shop.Cart").empty());
    CHECK(message_of("down") == "health is NOT_SERVING, must be SERVING");
    CHECK(message_of("default") == "health is UNKNOWN, must be SERVING");
    CHECK(message_of("gone") == "grpc-status is 5 NOT_FOUND: no such service: é, 100%, must be 0 OK");
    CHECK(judged(spec, bench.run(spec_of(server.port(), R"(,"service":"gone")"))).cause == FailureClass::assertion);
    const auto* metadata = R"(,"service":"meta","metadata":{"authorization":"Bearer x","trace-bin":"AAEC"})";
    CHECK(judged(spec, bench.run(spec_of(server.port(), metadata))).verdict == Verdict::up);
    const auto slow = bench.run(spec_of(server.port(), R"(,"service":"slow")"), milliseconds{400});
    CHECK((slow.failure.cause == FailureClass::timeout_total || facts(slow).grpc_status == 4));  // the server may keep our deadline before we do
}

TEST_CASE("a server without the health service answers with trailers only") {
    Bench bench;
    PythonServer server("tests/integration/agent/grpc_server.py", {"bare"});
    const auto spec = spec_of(server.port());
    const auto seen = bench.run(spec);
    CHECK(judged(spec, seen).message.find("grpc-status is 12 UNIMPLEMENTED") == 0);
    CHECK(facts(seen).trailers_only);
}

TEST_CASE("over TLS the certificate must be good and HTTP/2 agreed on") {
    const auto authority = make_certificate({.common_name = "Root", .names = "", .is_authority = true});
    const auto good = make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &authority);
    Bench bench;
    const auto certificate = bench.directory.path() + "/certificate.pem";
    const auto key = bench.directory.path() + "/key.pem";
    std::ofstream(certificate) << good.pem();
    std::ofstream(key) << good.key_pem();
    PythonServer server("tests/integration/agent/grpc_server.py", {certificate, key});
    auto spec = spec_of(server.port(), R"(,"tls":true)");
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_untrusted);
    spec.tls->ca = authority.pem();
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, describe(seen));
    REQUIRE(seen.tls);
    CHECK(seen.tls->certificate.subject == "CN=good.test");
    TlsServer other(good, "HTTP/1.1 200 OK\r\n\r\n");  // which knows no ALPN
    spec.port = other.port();
    const auto refused = bench.run(spec);
    CHECK(refused.failure.cause == FailureClass::tls_handshake);
    CHECK(refused.failure.message.find("does not agree to speak h2") != std::string::npos);
}

TEST_CASE("answers that are not of gRPC are told as what they are") {
    Bench bench;
    const auto judgement_of = [&](const std::string& bytes) {
        RawServer server(saying(bytes));
        const auto spec = spec_of(server.port());
        const auto seen = bench.run(spec);
        INFO(describe(seen));
        return judged(spec, seen);
    };
    CHECK(judgement_of(start_of_answer() + kServingFrame + trailers("0")).verdict == Verdict::up);
    CHECK(judgement_of(start_of_answer("application/grpc+proto") + kServingFrame + trailers("0")).verdict == Verdict::up);
    CHECK(judgement_of(frame(kHeaders, kEndHeaders, 1, field(":status", "103")) + start_of_answer() + kServingFrame + trailers("0")).verdict == Verdict::up);
    const auto page = frame(kHeaders, kEndHeaders | kEndStream, 1, field(":status", "502") + field("content-type", "text/html"));
    CHECK(judgement_of(page).cause == FailureClass::http_status);
    CHECK(judgement_of(start_of_answer("text/html") + trailers("0")).message == "answer is one that has the content-type text/html, must be one of gRPC");
    CHECK(judgement_of(start_of_answer() + frame(kData, kEndStream, 1, std::string("\0\0\0\0\2\x08\1", 7))).message == "answer is one that ends without grpc-status, must be one of gRPC");
    CHECK(judgement_of(start_of_answer() + kServingFrame + trailers("ok")).message == "answer is one that has a grpc-status that is no number: ok, must be one of gRPC");
    CHECK(judgement_of(start_of_answer() + frame(kData, 0, 1, std::string("\1\0\0\0\0", 5)) + trailers("0")).message.find("is compressed") != std::string::npos);
    CHECK(judgement_of(start_of_answer() + frame(kData, 0, 1, std::string("\0\0\0\0\3\x08\1", 7)) + trailers("0")).message.find("ends within a frame") != std::string::npos);
    CHECK(judgement_of(start_of_answer() + kServingFrame + kServingFrame + trailers("0")).message.find("more than one message") != std::string::npos);
    CHECK(judgement_of(start_of_answer() + frame(kData, 0, 1, std::string(8000, 'x')) + trailers("0")).message.find("a message of more than 4096 bytes") != std::string::npos);
    std::string many;
    for (int i = 0; i < 150; ++i) many += field("x", std::string(120, 'x'));
    std::string long_headers = frame(kHeaders, 0, 1, field(":status", "200"));
    for (std::size_t at = 0; at < many.size(); at += 4000) long_headers += frame(9, at + 4000 >= many.size() ? kEndHeaders : 0, 1, many.substr(at, 4000));
    CHECK(judgement_of(long_headers).cause == FailureClass::http_protocol);
}

TEST_CASE("a server that does not speak HTTP/2, gives up, closes or is silent fails in its own class") {
    Bench bench;
    const auto failure_of = [&](RawServer::Serve serve, milliseconds timeout = milliseconds{5000}) {
        RawServer server(std::move(serve));
        return bench.run(spec_of(server.port()), timeout).failure;
    };
    const auto old = failure_of([](int fd) { send_all(fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"); wait_for_end(fd); });
    CHECK(old.cause == FailureClass::http_protocol);
    CHECK(old.message.find("does not speak HTTP/2") != std::string::npos);
    const auto given_up = failure_of(saying(frame(kReset, 0, 1, std::string("\0\0\0\7", 4))));
    CHECK(given_up.cause == FailureClass::http_protocol);
    CHECK(given_up.message.find("gave the call up: REFUSED_STREAM") != std::string::npos);
    CHECK(failure_of(saying(frame(kGoaway, 0, 0, std::string(8, '\0')))).cause == FailureClass::http_protocol);
    CHECK(failure_of(saying(frame(kData, 0, 1, "early"))).cause == FailureClass::http_protocol);
    CHECK(failure_of([](int fd) { ::shutdown(fd, SHUT_WR); wait_for_end(fd); }).cause == FailureClass::http_protocol);
    CHECK(failure_of(reset).cause == FailureClass::reset);
    const auto silent = failure_of(wait_for_end, milliseconds{250});
    CHECK(silent.cause == FailureClass::timeout_total);
    CHECK(silent.phase == Phase::first_byte);
    CHECK(failure_of(saying(""), milliseconds{250}).phase == Phase::transfer);
    CHECK(bench.run(spec_of(closed_port())).failure.cause == FailureClass::connect_refused);
    auto blocked = spec_of(closed_port());
    blocked.host = "blocked.test";
    CHECK(bench.run(blocked).failure.cause == FailureClass::blocked_address);
}

}  // namespace grpc_test

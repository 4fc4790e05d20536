// The kind `tcp` against scripted servers.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/agent/judged.h"
#include "tests/integration/agent/tls_server.h"

namespace tcp_check_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::Phase;
using check::TcpSpec;
using check::Verdict;

namespace {

TcpSpec spec_of(int port, const std::string& dialogue = "[]", const std::string& more = "") {
    return read_as<TcpSpec>(check::Kind::tcp, R"({"host":"good.test","port":)" + std::to_string(port) + R"(,"dialogue":)" + dialogue + more + "}");
}

const check::TcpConversation& conversation(const Seen& seen) { return facts_of<check::TcpFacts>(seen).conversations.at(0); }

}  // namespace

TEST_CASE("a port that takes connections is up without a word; one that does not is refused") {
    Bench bench;
    RawServer server(wait_for_end);
    const auto spec = spec_of(server.port());
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, describe(seen));
    CHECK(seen.address == "127.0.0.1:" + std::to_string(server.port()));
    CHECK(bench.run(spec_of(closed_port())).failure.cause == FailureClass::connect_refused);
    FullListener full;
    const auto hanging = bench.run(spec_of(full.port()), milliseconds{250});
    CHECK(hanging.failure.cause == FailureClass::connect_timeout);
    CHECK(hanging.failure.phase == Phase::connect);
}

TEST_CASE("a dialogue of text, bytes and patterns goes step by step, however the answers are cut") {
    Bench bench;
    RawServer server([](int fd) {
        for (const char c : std::string_view("+OK ready\r\n")) send_all(fd, {&c, 1});
        char asked[6] = {};
        if (::recv(fd, asked, sizeof asked, MSG_WAITALL) != 6 || std::string_view(asked, 6) != "PING\r\n") return;
        send_all(fd, std::string_view("\x00\x01+PONG 42\r\n", 12));
        wait_for_end(fd);
    });
    const auto spec = spec_of(server.port(), R"([{"expect":"+OK"},{"expect_matches":"ready\\r\\n$"},{"send":"PING\r"},{"send_hex":"0a"},{"expect_hex":"00 01"},{"expect_matches":"^\\+PONG [0-9]+"}])");
    const auto seen = bench.run(spec);
    REQUIRE_MESSAGE(!seen.failure, describe(seen));
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    CHECK(judged(spec, seen).assertions.size() == 5);
    CHECK(conversation(seen).received == 23);
    CHECK(conversation(seen).transcript == std::string("+OK ready\r\n\x00\x01+PONG 42\r\n", 23));
}

TEST_CASE("lines are looked at one by one, whatever pieces they come in; the last one has no end if the peer says no more") {
    Bench bench;
    RawServer server([](int fd) {
        send_all(fd, "220-hel");
        send_all(fd, "lo\r\n220 ready\r\nnext\nla");
        send_all(fd, "st");
        ::shutdown(fd, SHUT_WR);
        wait_for_end(fd);
    });
    auto spec = spec_of(server.port(), R"([{"expect_line":"^220 ready$"},{"expect_line":"^next$"},{"expect_line":"^last$"}])");
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    CHECK(conversation(seen).steps.at(0).found == "220 ready");
    CHECK(conversation(seen).steps.at(2).found == "last");

    spec = spec_of(server.port(), R"([{"expect_line":"ready\\snext"}])");
    const auto missed = bench.run(spec);
    CHECK(judged(spec, missed).cause == FailureClass::body_mismatch);
    CHECK(conversation(missed).steps.at(0).found == "220-hello\n220 ready\nnext\nlast");

    RawServer staying([](int fd) { send_all(fd, "554 go away\r\n"); wait_for_end(fd); });
    const auto other = bench.run(spec_of(staying.port(), R"([{"expect_line":"^220"}])"), milliseconds{250});
    CHECK_MESSAGE(other.failure.cause == FailureClass::body_mismatch, describe(other));
}

TEST_CASE("TLS begins within a dialogue, and what came in clear before is not taken for what comes after") {
    const auto authority = make_certificate({.common_name = "Root", .names = "", .is_authority = true});
    const auto certificate = make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &authority);
    Bench bench({}, "");
    const auto dialogue = R"([{"expect":"220 "},{"send":"STARTTLS\r\n"},{"expect":"220 go"},{"starttls":true},{"send":"EHLO a\r\n"},{"expect":"250 secure"}])";
    const auto in_clear = [](const char* agreement) {
        return [agreement](int fd) {
            send_all(fd, "220 hello\r\n");
            char asked[10] = {};
            return ::recv(fd, asked, sizeof asked, MSG_WAITALL) == 10 && std::string_view(asked, 10) == "STARTTLS\r\n" && send_all(fd, agreement);
        };
    };
    const auto tls = ",\"tls\":{\"ca\":" + json::dump(authority.pem()) + "}";
    TlsServer good(certificate, [](TlsEnd& end) { CHECK(end.read() == "EHLO a\r\n"); end.write("250 secure\r\n"); end.read(); }, {}, in_clear("220 go"));
    auto spec = spec_of(good.port(), dialogue, tls);
    auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
    REQUIRE(seen.tls);
    CHECK(seen.tls->doubts.empty());
    CHECK(seen.tls->trusted_until == seen.tls->certificate.not_after);
    CHECK(seen.phases.tls.count() > 0);

    TlsServer refusing(certificate, [](TlsEnd&) {}, {}, in_clear("454 not now\r\n"));
    spec.port = refusing.port();
    CHECK(bench.run(spec, milliseconds{500}).failure.cause == FailureClass::body_mismatch);

    TlsServer untrusted(certificate, [](TlsEnd& end) { end.read(); }, {}, in_clear("220 go"));
    CHECK(bench.run(spec_of(untrusted.port(), dialogue, ",\"tls\":true")).failure.cause == FailureClass::tls_untrusted);

    // Somebody in between has put an answer into the clear: over TLS nothing comes, and it must not count.
    RawServer injecting([](int fd) {
        send_all(fd, "220 hello\r\n");
        char asked[10] = {};
        static_cast<void>(::recv(fd, asked, sizeof asked, MSG_WAITALL));
        send_all(fd, "220 go\r\n250 secure\r\n");
        wait_for_end(fd);
    });
    const auto injected = bench.run(spec_of(injecting.port(), dialogue, tls), milliseconds{500});
    CHECK_MESSAGE(injected.failure.phase == Phase::tls, describe(injected));
}

TEST_CASE("another answer, an early close and a peer that never stops are body_mismatch; silence is a time-out in its phase") {
    Bench bench;
    RawServer closing([](int fd) { send_all(fd, "554 go away\r\n"); ::shutdown(fd, SHUT_WR); wait_for_end(fd); });
    auto spec = spec_of(closing.port(), R"([{"expect":"220 "},{"send":"QUIT\r\n"},{"expect":"221"}])");
    auto seen = bench.run(spec);
    CHECK(!seen.failure);
    auto judgement = judged(spec, seen);
    CHECK(judgement.cause == FailureClass::body_mismatch);
    CHECK(judgement.message == "step 1 is 554 go away\r\n … and closed, must be contains \"220 \"");
    CHECK(judgement.assertions.back().found == "not reached");

    RawServer staying([](int fd) { send_all(fd, "554 go away\r\n"); wait_for_end(fd); });
    spec.port = staying.port();
    seen = bench.run(spec, milliseconds{250});
    CHECK_MESSAGE(seen.failure.cause == FailureClass::body_mismatch, describe(seen));
    CHECK(seen.failure.phase == Phase::transfer);

    RawServer endless([](int fd) {
        const std::string noise(4096, 'x');
        while (send_all(fd, noise)) {
        }
    });
    spec.port = endless.port();
    seen = bench.run(spec);
    CHECK(!seen.failure);
    CHECK(conversation(seen).overfull);
    CHECK(conversation(seen).transcript.size() == 4096);
    CHECK(judged(spec, seen).cause == FailureClass::body_mismatch);

    RawServer silent(wait_for_end);
    spec.port = silent.port();
    seen = bench.run(spec, milliseconds{250});
    CHECK(seen.failure.cause == FailureClass::timeout_total);
    CHECK(seen.failure.phase == Phase::first_byte);
    CHECK(seen.failure.message.find("250 ms were over waiting for step 1 (contains \"220 \") of 127.0.0.1:") == 0);

    RawServer half([](int fd) { send_all(fd, "220 "); wait_for_end(fd); });
    spec.port = half.port();
    seen = bench.run(spec, milliseconds{250});
    CHECK(seen.failure.cause == FailureClass::timeout_total);
    CHECK(seen.failure.phase == Phase::transfer);

    RawServer resetting([](int fd) { char byte = 0; static_cast<void>(::recv(fd, &byte, 1, 0)); reset(fd); });
    spec = spec_of(resetting.port(), R"([{"send":"hello"},{"expect":"x"}])");
    seen = bench.run(spec);
    CHECK_MESSAGE(seen.failure.cause == FailureClass::reset, describe(seen));
    CHECK(seen.failure.phase == Phase::first_byte);
}

TEST_CASE("each address is tried, and one that does not answer is down though the others do") {
    Bench bench;
    RawServer server([](int fd) { send_all(fd, "hello"); wait_for_end(fd); });
    auto spec = spec_of(server.port(), R"([{"expect":"hello"}])", R"(,"addresses":"each")");
    auto seen = bench.run(spec);
    CHECK(judged(spec, seen).verdict == Verdict::up);
    CHECK(seen.find<check::TcpFacts>()->conversations.size() == 1);
    spec.host = "mixed.test";  // 127.0.0.66, which the guard refuses, and 127.0.0.1
    seen = bench.run(spec);
    CHECK(!seen.failure);
    CHECK(seen.find<check::TcpFacts>()->conversations.size() == 2);
    CHECK(judged(spec, seen).cause == FailureClass::blocked_address);
    spec.addresses = check::Addresses::race;
    CHECK(judged(spec, bench.run(spec)).verdict == Verdict::up);
    spec.addresses = check::Addresses::first;
    CHECK(bench.run(spec).failure.cause == FailureClass::blocked_address);
}

TEST_CASE("a dialogue over TLS enforces the certificate, unless told not to") {
    const auto authority = make_certificate({.common_name = "Root", .names = "", .is_authority = true});
    const auto good = make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &authority);
    Bench bench;
    TlsServer server(good, [](TlsEnd& end) {
        end.write("* OK ready\r\n");
        if (end.read() == "a LOGOUT\r\n") end.write("* BYE\r\na OK\r\n");
        end.close();
    });
    const auto* dialogue = R"([{"expect":"* OK"},{"send":"a LOGOUT\r\n"},{"expect":"a OK"}])";
    auto spec = spec_of(server.port(), dialogue, R"(,"tls":true)");
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_untrusted);
    spec.tls->ca = authority.pem();
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, describe(seen));
    REQUIRE(seen.tls);
    CHECK(seen.tls->certificate.subject == "CN=good.test");
    CHECK(seen.phases.tls > microseconds{0});
    spec.tls->server_name = "else.test";
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_hostname);
    spec.tls->verify = false;
    CHECK(judged(spec, bench.run(spec)).verdict == Verdict::up);
}

}  // namespace tcp_check_test

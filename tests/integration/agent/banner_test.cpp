// The kind `banner` against scripted servers, and against a real mail server.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include "tests/integration/agent/dovecot.h"
#include "tests/integration/agent/judged.h"
#include "tests/integration/agent/tls_server.h"

namespace banner_test {

using namespace sonde;
using namespace sonde::test;
using check::BannerFacts;
using check::BannerSpec;
using check::FailureClass;
using check::Phase;
using check::Verdict;

namespace {

BannerSpec spec_of(const std::string& protocol, int port, const std::string& more = "") {
    return read_as<BannerSpec>(check::Kind::banner, R"({"host":"good.test","protocol":")" + protocol + R"(","port":)" + std::to_string(port) + more + "}");
}

constexpr auto& facts = facts_of<BannerFacts>;

std::string read_line(int fd) {
    std::string line;
    char c = 0;
    while (::recv(fd, &c, 1, 0) == 1) {
        line += c;
        if (c == '\n') break;
    }
    return line;
}

// Greets byte by byte, and answers a goodbye that is the one of its protocol.
RawServer::Serve greeting(std::string greeting, std::string goodbye, std::string answer) {
    return [=](int fd) {
        for (const char c : greeting) send_all(fd, {&c, 1});
        if (read_line(fd) == goodbye) send_all(fd, answer);
        read_line(fd);
    };
}

}  // namespace

TEST_CASE("each protocol's greeting is read, its software told, and leave is taken in its own words") {
    Bench bench;
    const auto run = [&](const std::string& protocol, RawServer::Serve serve, const std::string& more = "") {
        RawServer server(std::move(serve));
        const auto spec = spec_of(protocol, server.port(), more);
        auto seen = bench.run(spec);
        CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
        return facts(seen);
    };
    auto seen = run("smtp", greeting("220-mx.test ESMTP Postfix (Debian)\r\n220 welcome\r\n", "QUIT\r\n", "221 2.0.0 Bye\r\n"), R"(,"expect_matches":"(?s)Postfix.*welcome")");
    CHECK(seen.code == 220);
    CHECK(seen.software == "Postfix (Debian)");
    CHECK(seen.lines.size() == 2);
    CHECK(seen.goodbye);
    seen = run("ftp", greeting("220-hello\r\n  no code here\r\n 220 nor here\r\n220 ready\r\n", "QUIT\r\n", "221 bye\r\n"));
    CHECK(seen.lines.size() == 4);
    CHECK(seen.goodbye);
    seen = run("imap", greeting("* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n", "s1 LOGOUT\r\n", "* BYE out\r\ns1 OK done\r\n"));
    CHECK(seen.goodbye);
    CHECK(run("imap", greeting("* preauth hi\r\n", "s1 LOGOUT\r\n", "s1 OK\r\n")).goodbye);
    CHECK(run("pop3", greeting("+OK ready <1.2@pop.test>\r\n", "QUIT\r\n", "+OK bye\r\n")).goodbye);
    seen = run("ssh", greeting("keep out\r\nreally\r\nSSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "", ""), R"(,"expect_matches":"^SSH-2\\.0-OpenSSH_9")");
    CHECK(seen.software == "OpenSSH_9.2p1");
    CHECK(seen.protocol_version == "2.0");
    CHECK(seen.before.size() == 2);
    CHECK(!seen.goodbye);
    CHECK(!run("smtp", greeting("220 mx\r\n", "", ""), R"(,"goodbye":false)").goodbye);
}

TEST_CASE("a real SMTP, IMAP and POP3 server greets and says goodbye") {
    REQUIRE_MESSAGE(Dovecot::is_there(), "dovecot is not installed");
    const auto certificate = make_certificate({.common_name = "good.test", .names = "DNS:good.test"});
    Bench bench;
    Dovecot dovecot(certificate);
    const std::pair<const char*, int> rows[] = {{"smtp", dovecot.smtp_port()}, {"imap", dovecot.imap_port()}, {"pop3", dovecot.pop3_port()}};
    for (const auto& [protocol, port] : rows) {
        const auto spec = spec_of(protocol, port);
        const auto seen = bench.run(spec);
        CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, judged(spec, seen).message);
        CHECK_MESSAGE(facts(seen).goodbye, protocol);
    }
}

TEST_CASE("a server that refuses, speaks another protocol or closes is down with what it said") {
    Bench bench;
    const auto message_of = [&](const std::string& protocol, RawServer::Serve serve, const std::string& more = "") {
        RawServer server(std::move(serve));
        const auto spec = spec_of(protocol, server.port(), more);
        const auto judgement = judged(spec, bench.run(spec));
        CHECK(judgement.cause == FailureClass::body_mismatch);
        return judgement.message;
    };
    CHECK(message_of("smtp", greeting("554 no service\r\n", "", "")) == "greeting is 554 no service, must be 220");
    CHECK(message_of("smtp", greeting("220-a\r\n421 b\r\n", "", "")) == "greeting is a reply of two codes, 220 and 421, must be 220");
    CHECK(message_of("smtp", greeting("SSH-2.0-x\r\n", "", "")) == "greeting is a line without a code: SSH-2.0-x, must be 220");
    CHECK(message_of("imap", greeting("* BYE overloaded\r\n", "", "")) == "greeting is * BYE overloaded, must be * OK or * PREAUTH");
    CHECK(message_of("pop3", greeting("-ERR locked\r\n", "", "")) == "greeting is -ERR locked, must be +OK");
    CHECK(message_of("ssh", greeting("SSH-1.5-old\r\n", "", "")) == "greeting is a version of SSH that is not 2.0: SSH-1.5-old, must be SSH-2.0 or SSH-1.99");
    CHECK(message_of("ssh", greeting("SSH-2.0-\r\n", "", "")).find("without a software version") != std::string::npos);
    CHECK(message_of("smtp", [](int) {}) == "greeting is closed without a word, must be 220");
    CHECK(message_of("pop3", [](int fd) { send_all(fd, "+O"); }) == "greeting is +O … and closed, must be +OK");
    CHECK(message_of("smtp", greeting("220 mx ESMTP Exim\r\n", "QUIT\r\n", "221\r\n"), R"(,"expect_matches":"Postfix")") ==
          "banner is 220 mx ESMTP Exim, must be matching /Postfix/");
    const auto endless = [](int fd) {
        while (send_all(fd, "noise\r\n")) {
        }
    };
    CHECK(message_of("ssh", endless) == "greeting is more than 16384 bytes without an end of the greeting, must be SSH-2.0 or SSH-1.99");
}

TEST_CASE("silence, a reset and a refused connection have their own classes; a goodbye without an answer is no fault") {
    Bench bench;
    RawServer silent([](int fd) { read_line(fd); });
    const auto waiting = bench.run(spec_of("imap", silent.port()), milliseconds{250});
    CHECK(waiting.failure.cause == FailureClass::timeout_total);
    CHECK(waiting.failure.phase == Phase::first_byte);
    CHECK(waiting.failure.message.find("250 ms were over waiting for the greeting of 127.0.0.1:") == 0);
    RawServer resetting(reset);
    CHECK(bench.run(spec_of("smtp", resetting.port())).failure.cause == FailureClass::reset);
    CHECK(bench.run(spec_of("smtp", closed_port())).failure.cause == FailureClass::connect_refused);
    RawServer rude(greeting("220 mx\r\n", "never", ""));
    const auto spec = spec_of("smtp", rude.port());
    auto seen = bench.run(spec);
    CHECK(judged(spec, seen).verdict == Verdict::up);
    CHECK(!facts(seen).goodbye);
    seen = bench.run(spec, milliseconds{300});  // less than we would wait for it
    CHECK(judged(spec, seen).verdict == Verdict::up);
    auto blocked = spec;
    blocked.host = "blocked.test";
    CHECK(bench.run(blocked).failure.cause == FailureClass::blocked_address);
}

TEST_CASE("with TLS from the start the certificate must be good, and the leave is taken inside") {
    const auto authority = make_certificate({.common_name = "Root", .names = "", .is_authority = true});
    const auto good = make_certificate({.common_name = "good.test", .names = "DNS:good.test"}, &authority);
    Bench bench;
    TlsServer server(good, [](TlsEnd& end) {
        end.write("+OK ready\r\n");
        if (end.read() == "QUIT\r\n") end.write("+OK bye\r\n");
        end.close();
    });
    auto spec = spec_of("pop3", server.port(), R"(,"tls":true)");
    CHECK(bench.run(spec).failure.cause == FailureClass::tls_untrusted);
    spec.tls->ca = authority.pem();
    const auto seen = bench.run(spec);
    CHECK_MESSAGE(judged(spec, seen).verdict == Verdict::up, describe(seen));
    CHECK(facts(seen).goodbye);
    REQUIRE(seen.tls);
    CHECK(seen.tls->certificate.subject == "CN=good.test");
}

}  // namespace banner_test

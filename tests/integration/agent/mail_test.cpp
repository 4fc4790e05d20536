// STARTTLS as a real mail server speaks it.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/integration/agent/bench.h"
#include "tests/integration/agent/dovecot.h"

namespace mail_test {

using namespace sonde;
using namespace sonde::test;
using check::FailureClass;
using check::StartTls;
using check::Verdict;

namespace {

constexpr long kDay = 86'400;

struct Row {
    StartTls protocol;
    int port;
    const char* greeting;  // begins so
    const char* refusal;   // where there is no TLS
};

std::vector<Row> rows_of(const Dovecot& dovecot) {
    return {{StartTls::smtp, dovecot.smtp_port(), "220 ", "refuses STARTTLS: 502 "},
            {StartTls::imap, dovecot.imap_port(), "* OK [CAPABILITY IMAP4rev1 ", "refuses STARTTLS: s1 BAD "},
            {StartTls::pop3, dovecot.pop3_port(), "+OK ", "refuses STLS: -ERR "}};
}

check::TlsSpec spec_for(const Row& row, const Certificate& authority) {
    check::TlsSpec spec;
    spec.host = "good.test";
    spec.port = row.port;
    spec.starttls = row.protocol;
    spec.ca = authority.pem();
    return spec;
}

}  // namespace

TEST_CASE("a real SMTP, IMAP and POP3 server agrees to TLS, and shows its certificate") {
    REQUIRE_MESSAGE(Dovecot::is_there(), "dovecot is not installed");
    const auto authority = make_certificate({.common_name = "Root", .names = "", .is_authority = true});
    const auto good = make_certificate({.common_name = "good.test", .names = "DNS:good.test", .valid_to_s = 90 * kDay}, &authority);
    Bench bench;
    Dovecot dovecot(good);
    for (const auto& row : rows_of(dovecot)) {
        CAPTURE(name_of(row.protocol));
        auto spec = spec_for(row, authority);
        const auto seen = bench.run(spec);
        REQUIRE_MESSAGE(!seen.failure, describe(seen));
        const auto judgement = check::judge(check::Spec{spec}, seen, wall_now());
        CHECK_MESSAGE(judgement.verdict == Verdict::up, judgement.message);
        CHECK(seen.tls->certificate.subject == "CN=good.test");
        CHECK(seen.tls->doubts.empty());
        CHECK_MESSAGE(seen.find<check::HandshakeFacts>()->greeting.starts_with(row.greeting), seen.find<check::HandshakeFacts>()->greeting);

        spec.server_name = "else.test";
        CHECK(check::judge(check::Spec{spec}, bench.run(spec), wall_now()).cause == FailureClass::tls_hostname);
    }
}

TEST_CASE("a real mail server without TLS says so in the words of each protocol") {
    REQUIRE_MESSAGE(Dovecot::is_there(), "dovecot is not installed");
    const auto unused = make_certificate({.common_name = "good.test", .names = "DNS:good.test", .valid_to_s = 90 * kDay});
    Bench bench;
    Dovecot dovecot(unused, Dovecot::Tls::none);
    for (const auto& row : rows_of(dovecot)) {
        CAPTURE(name_of(row.protocol));
        const auto seen = bench.run(spec_for(row, unused));
        CHECK(seen.failure.cause == FailureClass::tls_handshake);
        CHECK(seen.failure.phase == check::Phase::tls);
        CHECK_MESSAGE(seen.failure.message.find(row.refusal) != std::string::npos, describe(seen));
    }
}

}  // namespace mail_test

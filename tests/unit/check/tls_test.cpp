// Specs of the kind `tls`, and what handshakes mean under them.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "lib/check/tls/judge.h"
#include "tests/unit/check/reading.h"

namespace tls_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr auto kKind = Kind::tls;
const TimePoint kNow = *from_rfc3339("2026-01-01T00:00:00Z");

std::string with(const std::string& more) { return test::problems(kKind, R"({"host":"a.test",)" + more + "}"); }

Observation shown(int days_left) {
    Observation seen;
    seen.facts<HandshakeFacts>().server_name = "a.test";
    auto& tls = seen.tls.emplace();
    tls.protocol = "TLSv1.3";
    tls.verified = true;
    auto& certificate = tls.certificate;
    certificate.subject = "CN=a.test";
    certificate.issuer = "CN=CA";
    certificate.names = {"DNS:a.test"};
    certificate.not_before = kNow - std::chrono::hours{24};
    certificate.not_after = kNow + std::chrono::hours{24 * days_left};
    certificate.key_type = "EC";
    certificate.key_bits = 256;
    certificate.digest = "SHA256";
    certificate.signature = "ecdsa-with-SHA256";
    certificate.fingerprint = std::string(64, 'a');
    return seen;
}

Judgement judged(const Observation& seen, const TlsSpec& spec = {}) { return judge(Spec{spec}, seen, kNow); }

}  // namespace

TEST_CASE("a tls spec of a host alone has the defaults, and its canonical document is read back equal") {
    const auto spec = test::read(kKind, R"({"host":"Example.COM"})");
    const auto document = write_spec(spec);
    CHECK(json::dump(document) ==
          R"({"host":"example.com","port":443,"starttls":"none","server_name":"","verify":true,"ca":"","warn_days":[30,14,7,1],"critical_days":3,)"
          R"("min_version":"1.2","min_rsa_bits":2048,"min_ec_bits":224,"allow_weak_signature":false,"fingerprints":[]})");
    CHECK(write_spec(*read_spec(kKind, document, "")) == document);
    CHECK(std::get<TlsSpec>(spec).name() == "example.com");
}

TEST_CASE("each protocol that has STARTTLS has its usual port") {
    struct Row {
        const char* protocol;
        int port;
    };
    for (const auto& row : {Row{"smtp", 25}, Row{"imap", 143}, Row{"pop3", 110}, Row{"ftp", 21}, Row{"postgres", 5432}, Row{"ldap", 389}}) {
        CHECK(endpoint_of(test::read(kKind, R"({"host":"a","starttls":")" + std::string(row.protocol) + "\"}")).port == row.port);
    }
    CHECK(endpoint_of(test::read(kKind, R"({"host":"a","starttls":"smtp","port":587})")).port == 587);
}

TEST_CASE("each wrong field of a tls spec is refused at its own pointer with the reason") {
    CHECK(test::problems(kKind, "{}") == "/spec: the field \"host\" is required");
    const std::string host = ": must be a host name or an address, without brackets and port";
    for (const auto* bad : {"a b", "a/b", "a:1", "[::1]", "user@a", "", "a?b", "a#b", "1.2.3.4.5"}) {
        CHECK_MESSAGE(test::problems(kKind, json::dump({{"host", bad}})).starts_with("/spec/host: must be"), std::string(bad));
    }
    CHECK(test::problems(kKind, R"({"host":"a b"})") == "/spec/host" + host);
    CHECK(test::problems(kKind, R"({"host":"2001:db8::1"})") == "accepted");
    CHECK(with(R"("port":0)") == "/spec/port: must be a whole number from 1 to 65535");
    CHECK(with(R"("server_name":"a b")") == "/spec/server_name" + host);
    CHECK(with(R"("server_name":"")") == "accepted");
    CHECK(with(R"("critical_days":31)") == "/spec/critical_days: must not be above warn_days");
    CHECK(with(R"("warn_days":1)") == "accepted");
    CHECK(with(R"("warn_days":0,"critical_days":9)") == "accepted");
    CHECK(with(R"("warn_days":826)") == "/spec/warn_days: must be a whole number from 0 to 825, or an array of such");
    CHECK(with(R"("ca":"x")") == "/spec/ca: must hold a certificate in PEM");
    CHECK(with(R"("ca":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")") == "/spec/ca: holds something that is no certificate, the 1. of it");
    CHECK(with(R"("ca":"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")") == "/spec/ca: must hold certificates only");
    CHECK(with(R"("ca":"-----BEGIN CERTIFICATE-----\nAAAA\n")") == "/spec/ca: is not PEM: certificate 1 of it is cut off or misspelt");
    CHECK(with("\"fingerprints\":[\"" + std::string(64, 'g') + "\"]") == "/spec/fingerprints: \"" + std::string(64, 'g') + "\" is not a SHA-256 of 64 hexadecimal digits");
    CHECK(with(R"("min_version":"1.4")").starts_with("/spec/min_version: must be"));
    CHECK(with(R"("colour":1)").starts_with("/spec/colour: "));
}

TEST_CASE("a fingerprint may be written with colons and capitals") {
    std::string colons = "AB";
    for (int i = 0; i < 31; ++i) colons += ":0C";
    const auto spec = test::read(kKind, R"({"host":"a","fingerprints":[")" + colons + "\"]}");
    std::string plain = "ab";
    for (int i = 0; i < 31; ++i) plain += "0c";
    CHECK(std::get<TlsSpec>(spec).fingerprints == std::vector<std::string>{plain});
}

TEST_CASE("a certificate is up, degraded or down by the days it has left") {
    struct Row {
        int left;
        Verdict verdict;
    };
    for (const auto& row : {Row{90, Verdict::up}, Row{30, Verdict::up}, Row{29, Verdict::degraded}, Row{3, Verdict::degraded}, Row{2, Verdict::down},
                            Row{0, Verdict::down}, Row{-5, Verdict::down}}) {
        const auto judgement = judged(shown(row.left));
        CHECK_MESSAGE(judgement.verdict == row.verdict, row.left);
        CHECK(judgement.cause == (row.verdict == Verdict::up ? FailureClass::none : FailureClass::tls_expired));
    }
    CHECK(judged(shown(9)).message == "certificate expires in 9 days (threshold 14)");
    CHECK(judged(shown(2)).message == "certificate validity is 2 days left, until 2026-01-03T00:00:00.000Z, must be valid, with at least 3 days left");
    TlsSpec never;
    never.warn_days.days.clear();
    never.critical_days = 0;
    CHECK(judged(shown(1), never).verdict == Verdict::up);
    CHECK(judged(shown(0), never).verdict == Verdict::down);
    auto early = shown(90);
    early.tls->certificate.not_before = kNow + seconds{1};
    CHECK(judged(early).message.starts_with("certificate validity is not valid before 2026-01-01T00:00:01.000Z"));
}

TEST_CASE("doubts are judged by their reason, and only where verification is asked for") {
    for (std::size_t i = 1; i < EnumNames<Distrust>::names.size(); ++i) {
        const auto why = static_cast<Distrust>(i);
        auto seen = shown(90);
        seen.tls->doubts = {{why, 0, "words"}};
        const auto judgement = judged(seen);
        CHECK(judgement.verdict == Verdict::down);
        CHECK(judgement.cause == class_of(why));
        TlsSpec spec;
        spec.verify = false;
        CHECK(judged(seen, spec).verdict == Verdict::up);
    }
}

TEST_CASE("version, keys, signatures and fingerprint are each held to what is asked") {
    auto seen = shown(90);
    TlsSpec spec;
    spec.fingerprints = {std::string(64, 'b')};
    CHECK(judged(seen, spec).cause == FailureClass::assertion);
    spec.fingerprints.push_back(std::string(64, 'a'));
    CHECK(judged(seen, spec).verdict == Verdict::up);
    seen.tls->protocol = "TLSv1.1";
    CHECK(judged(seen).cause == FailureClass::tls_handshake);
    seen = shown(90);
    // An issuer is held to the same, but for what a root says of itself.
    auto issuer = seen.tls->certificate;
    issuer.digest = "SHA1";
    seen.tls->issuers = {issuer};
    CHECK(judged(seen).cause == FailureClass::tls_untrusted);
    seen.tls->issuers[0].issuer = issuer.subject;
    CHECK(judged(seen).verdict == Verdict::up);
    seen.tls->issuers[0].key_type = "RSA";
    seen.tls->issuers[0].key_bits = 1024;
    CHECK(judged(seen).cause == FailureClass::tls_untrusted);
}

}  // namespace tls_test

// Specs of the kind `banner`, and what greetings mean under them.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace banner_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr auto kKind = Kind::banner;

int port_of(const std::string& protocol, const std::string& more = "") {
    return endpoint_of(test::read(kKind, R"({"host":"a.test","protocol":")" + protocol + "\"" + more + "}")).port;
}

}  // namespace

TEST_CASE("the canonical document of a banner spec names every field and is read back equal") {
    const auto* full =
        R"({"host":"a.test","protocol":"imap","port":1993,"tls":{"server_name":"","verify":true,"ca":"","min_version":"1.2"},"expect_matches":"Dovecot","goodbye":false})";
    CHECK(json::dump(write_spec(test::read(kKind, full))) == full);
    const auto ssh = write_spec(test::read(kKind, R"({"host":"a.test","protocol":"ssh"})"));
    CHECK(json::dump(ssh) == R"({"host":"a.test","protocol":"ssh","port":22,"tls":false,"expect_matches":"","goodbye":false})");
    CHECK(json::dump(write_spec(test::read(kKind, json::dump(ssh)))) == json::dump(ssh));
}

TEST_CASE("the port is the protocol's own, with TLS and without") {
    CHECK(port_of("smtp") == 25);
    CHECK(port_of("smtp", R"(,"tls":true)") == 465);
    CHECK(port_of("imap") == 143);
    CHECK(port_of("imap", R"(,"tls":true)") == 993);
    CHECK(port_of("pop3") == 110);
    CHECK(port_of("pop3", R"(,"tls":{})") == 995);
    CHECK(port_of("ftp") == 21);
    CHECK(port_of("ftp", R"(,"tls":true)") == 990);
    CHECK(port_of("ssh") == 22);
    CHECK(port_of("smtp", R"(,"port":2525)") == 2525);
}

TEST_CASE("each wrong field of a banner spec is refused at its own pointer with the reason") {
    CHECK(test::problems(kKind, "{}") == "/spec: the field \"host\" is required\n/spec: the field \"protocol\" is required");
    const auto with = [](const std::string& more) { return test::problems(kKind, R"({"host":"a.test","protocol":"ssh",)" + more + "}"); };
    CHECK(with(R"("tls":true)") == "/spec/tls: is not what SSH is spoken over");
    CHECK(with(R"("goodbye":true)") == "/spec/goodbye: is not to be said before SSH has agreed on keys");
    CHECK(with(R"("port":0)").starts_with("/spec/port: "));
    CHECK(with(R"("expect_matches":"(a{1,100}){1,9}")") == "/spec/expect_matches: is a regular expression of more than 500 steps");
    CHECK(test::problems(kKind, R"({"host":"a.test","protocol":"gopher"})").starts_with("/spec/protocol: "));
    CHECK(test::problems(kKind, R"({"host":"a b","protocol":"ssh"})").starts_with("/spec/host: "));
}

TEST_CASE("the greeting and the pattern are assertions of their own") {
    const auto spec = test::read(kKind, R"({"host":"a","protocol":"smtp","expect_matches":"Exim"})");
    Observation seen;
    auto& facts = seen.facts<BannerFacts>();
    facts.lines = {"220-mx", "220 Exim 4"};
    CHECK(judge(spec, seen, TimePoint{}).verdict == Verdict::up);
    CHECK(judge(spec, seen, TimePoint{}).assertions.size() == 2);
    facts.lines = {"220 Postfix"};
    CHECK(judge(spec, seen, TimePoint{}).message == "banner is 220 Postfix, must be matching /Exim/");
    facts.fault = "a line without a code: hello";
    const auto judgement = judge(spec, seen, TimePoint{});
    CHECK(judgement.cause == FailureClass::body_mismatch);
    CHECK(judgement.message == "greeting is a line without a code: hello, must be 220");
    facts = {};
    facts.ended = true;
    CHECK(judge(spec, seen, TimePoint{}).message == "greeting is closed without a word, must be 220");
}

}  // namespace banner_test

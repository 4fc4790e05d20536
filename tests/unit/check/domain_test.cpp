// Specs of the kind `domain`, and what registrations mean under them.
#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "tests/unit/check/reading.h"

namespace domain_test {

using namespace sonde;
using namespace sonde::check;

namespace {

constexpr auto kKind = Kind::domain;
const TimePoint kNow = *from_rfc3339("2026-01-01T00:00:00Z");

Judgement judged(const DomainFacts& facts, const std::string& more = "") {
    Observation seen;
    seen.facts<DomainFacts>() = facts;
    return judge(test::read(kKind, R"({"domain":"a.test")" + more + "}"), seen, kNow);
}

DomainFacts expiring(std::string_view at) {
    DomainFacts facts;
    facts.registered = true;
    facts.expires = from_rfc3339(at);
    facts.statuses = {"active", "client transfer prohibited"};
    return facts;
}

}  // namespace

TEST_CASE("the canonical document of a domain spec names every field and is read back equal") {
    const auto* full =
        R"({"domain":"xn--bcher-kva.example","rdap_server":"https://rdap.test/v1/","warn_days":60,"critical_days":14,"registrar":"Good Names",)"
        R"("nameservers":["a.ns.test","b.ns.test"],"bad_statuses":["clientHold"]})";
    CHECK(json::dump(write_spec(test::read(kKind, full))) == full);
    const auto least = write_spec(test::read(kKind, R"({"domain":"Bücher.example"})"));
    CHECK(least["domain"] == "xn--bcher-kva.example");
    CHECK(least["warn_days"] == 30);
    CHECK(least["critical_days"] == 7);
    CHECK(least["bad_statuses"].size() == 5);
    CHECK(json::dump(write_spec(test::read(kKind, json::dump(least)))) == json::dump(least));
    CHECK(write_spec(test::read(kKind, R"({"domain":"a.test","warn_days":3})"))["critical_days"] == 3);
}

TEST_CASE("each wrong field of a domain spec is refused at its own pointer with the reason") {
    CHECK(test::problems(kKind, "{}") == "/spec: the field \"domain\" is required");
    const std::string refusal = "/spec/domain: must be a domain of two labels or more, as example.com";
    CHECK(test::problems(kKind, R"({"domain":"com"})") == refusal);
    CHECK(test::problems(kKind, R"({"domain":"192.0.2.1"})") == refusal);
    CHECK(test::problems(kKind, R"({"domain":"2001:db8::1"})") == refusal);
    CHECK(test::problems(kKind, R"({"domain":"https://a.test/"})").starts_with("/spec/domain: "));
    const auto with = [](const std::string& more) { return test::problems(kKind, R"({"domain":"a.test",)" + more + "}"); };
    CHECK(with(R"("rdap_server":"https://rdap.test/v1")") == "/spec/rdap_server: must be a base URL that ends in /, without user name, query and fragment");
    CHECK(with(R"("rdap_server":"ftp://rdap.test/")") == "/spec/rdap_server: must begin with http:// or https://");
    CHECK(with(R"("warn_days":7,"critical_days":8)") == "/spec/critical_days: must not be more than warn_days");
    CHECK(with(R"("nameservers":["a b"])") == "/spec/nameservers: must be host names");
    CHECK(with(R"("nameservers":["a.test","A.test."])") == "/spec/nameservers: must not name one twice");
}

TEST_CASE("days left are counted down through degraded to down, and what is past is down") {
    CHECK(judged(expiring("2026-02-01T00:00:01Z")).verdict == Verdict::up);
    CHECK(judged(expiring("2026-01-31T00:00:00Z")).verdict == Verdict::degraded);
    CHECK(judged(expiring("2026-01-31T00:00:00Z")).message == "expiration is 30 days away, on 2026-01-31, must be more than 30 days away");
    CHECK(judged(expiring("2026-01-08T00:00:00Z")).verdict == Verdict::down);
    CHECK(judged(expiring("2026-01-01T00:00:00Z")).message == "expiration is past, since 2026-01-01, must be more than 7 days away");
    CHECK(judged(expiring("2025-01-01T00:00:00Z")).cause == FailureClass::assertion);
    CHECK(judged(expiring("2026-01-08T00:00:00Z"), R"(,"critical_days":0)").verdict == Verdict::degraded);
    CHECK(judged(expiring("2026-01-08T00:00:00Z"), R"(,"warn_days":0)").verdict == Verdict::up);
}

TEST_CASE("what a registry does not say is unknown, never down") {
    auto facts = expiring("2027-01-01T00:00:00Z");
    facts.expires.reset();
    CHECK(judged(facts).verdict == Verdict::unknown);
    CHECK(judged(facts).cause == FailureClass::agent_error);
    facts = expiring("2027-01-01T00:00:00Z");
    CHECK(judged(facts, R"(,"registrar":"x")").verdict == Verdict::unknown);
}

TEST_CASE("holds, another registrar, other name servers and a domain that is gone are down") {
    auto facts = expiring("2027-01-01T00:00:00Z");
    facts.registrar = "Good Names, Inc.";
    facts.nameservers = {"b.ns.test", "a.ns.test"};
    const std::string wanted = R"(,"registrar":"good names","nameservers":["a.ns.test","b.ns.test"])";
    CHECK(judged(facts, wanted).verdict == Verdict::up);
    CHECK(judged(facts, wanted).assertions.size() == 5);
    CHECK(judged(facts, R"(,"registrar":"Bad")").message == "registrar is Good Names, Inc., must be containing \"Bad\"");
    CHECK(judged(facts, R"(,"nameservers":["a.ns.test"])").message == "nameservers is a.ns.test, b.ns.test, must be a.ns.test");
    facts.statuses.emplace_back("client hold");
    CHECK(judged(facts).verdict == Verdict::down);
    CHECK(judged(facts).message.find("status is client hold, must be none of client hold, server hold") == 0);
    CHECK(judged(facts, R"(,"bad_statuses":["clientHold"])").verdict == Verdict::down);
    CHECK(judged(facts, R"(,"bad_statuses":["serverHold"])").verdict == Verdict::up);
    CHECK(judged(facts, R"(,"bad_statuses":[])").verdict == Verdict::up);
    const auto gone = judged(DomainFacts{});
    CHECK(gone.verdict == Verdict::down);
    CHECK(gone.message == "registration is not there: the registry knows no such domain, must be there");
}

}  // namespace domain_test

#include "lib/decision/expiry.h"

#include <doctest/doctest.h>

#include "lib/check/judge.h"
#include "lib/decision/decide.h"
#include "lib/message/result.h"

namespace expiry_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

using days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

const TimePoint kNow = from_unix_ms(1767225600000);
const std::string kFirst(64, 'a');
const std::string kRenewed(64, 'b');

ExpirySeen seen(const std::string& identity, days left, int threshold) { return {Ending::certificate, identity, kNow + left, threshold, {}}; }

// Everything that is told while these are seen one after the other, at one instant.
std::vector<int> told_of(const std::vector<ExpirySeen>& all, TimePoint now = kNow) {
    std::vector<ExpiryTold> told;
    std::vector<int> thresholds;
    for (const auto& one : all) {
        if (!is_news(one, told, now)) continue;
        told.push_back({one.what, one.identity, one.threshold_days, one.ends_at, now});
        thresholds.push_back(one.threshold_days);
    }
    return thresholds;
}

// As an agent reports it.
Json detail_of(check::Kind kind, std::string_view spec, const check::Observation& observation) {
    const auto read = check::read_spec(kind, *json::parse(spec), "");
    REQUIRE(read);
    return *json::parse(message::write_detail(observation, check::judge(*read, observation, kNow), check::Redactor{}));
}

check::Observation showing(TimePoint not_after) {
    check::Observation observation;
    observation.address = "192.0.2.1:443";
    observation.facts<check::HandshakeFacts>().server_name = "example.com";
    auto& tls = observation.tls.emplace();
    tls.certificate.subject = "CN=example.com";
    tls.certificate.issuer = "CN=An Authority";
    tls.certificate.fingerprint = kFirst;
    tls.certificate.not_after = not_after;
    tls.protocol = "TLSv1.3";
    return observation;
}

}  // namespace

TEST_CASE("each threshold of a certificate is told once, and none again after a lesser one") {
    CHECK(told_of({seen(kFirst, days{29}, 30), seen(kFirst, days{29}, 30), seen(kFirst, days{13}, 14), seen(kFirst, days{13}, 30),
                   seen(kFirst, days{6}, 7), seen(kFirst, days{6}, 14)}) == std::vector<int>{30, 14, 7});
}

TEST_CASE("one that is first seen close to its end is told by the least threshold alone") {
    CHECK(told_of({seen(kFirst, days{5}, 7), seen(kFirst, days{5}, 14), seen(kFirst, days{5}, 30)}) == std::vector<int>{7});
}

TEST_CASE("a renewed certificate begins anew, and one that is still shown elsewhere is not told again") {
    CHECK(told_of({seen(kFirst, days{6}, 7), seen(kRenewed, days{29}, 30), seen(kFirst, days{6}, 7), seen(kRenewed, days{29}, 30)}) ==
          std::vector<int>{7, 30});
}

TEST_CASE("a domain and a certificate of the same name are not the same") {
    auto domain = seen(kFirst, days{6}, 7);
    domain.what = Ending::domain;
    CHECK(told_of({seen(kFirst, days{6}, 7), domain, domain}).size() == 2);
}

TEST_CASE("what has ended is not told to end soon, nor by a clock that is ahead what has more time left") {
    CHECK(told_of({seen(kFirst, days{0}, 1), seen(kFirst, days{-1}, 1)}).empty());
    CHECK(told_of({seen(kFirst, days{31}, 30)}).empty());
    CHECK(told_of({seen(kFirst, days{30}, 30)}) == std::vector<int>{30});
}

TEST_CASE("a target that shows a new certificate to every check tells no more than so many a day") {
    std::vector<ExpirySeen> all;
    for (int i = 0; i < 100; ++i) all.push_back(seen(kFirst + std::to_string(i), days{1}, 1));
    CHECK(told_of(all).size() == kMostExpiriesADay);
    std::vector<ExpiryTold> yesterday;
    for (const auto& one : all) yesterday.push_back({one.what, one.identity, 1, one.ends_at, kNow - days{1}});
    CHECK(is_news(seen(kRenewed, days{1}, 1), yesterday, kNow));
}

TEST_CASE("late, foreign and uncounted results say nothing of what ends, and votes do whatever follows from them") {
    for (const auto reason : {Reason::vote_superseded, Reason::vote_late, Reason::vote_from_stranger, Reason::vote_of_old_spec, Reason::vote_excluded,
                              Reason::vote_quarantined, Reason::agents_fault, Reason::not_watched}) {
        CHECK_MESSAGE(!is_heard(reason), name_of(reason));
    }
    for (const auto reason : {Reason::vote_counted, Reason::below_quorum, Reason::quorum_degraded, Reason::region_in_doubt}) {
        CHECK_MESSAGE(is_heard(reason), name_of(reason));
    }
}

TEST_CASE("in maintenance and under a parent that is down nothing is told, behind a quiet group it is") {
    auto state = first_state(kNow);
    CHECK(!withholds_expiry(state));
    state.muting.edit().window = WindowId{1};
    CHECK(withholds_expiry(state));
    Muting muting;
    muting.outage = Withheld{};
    muting.outage->by = Cover::quiet;
    state.muting = muting;
    CHECK(!withholds_expiry(state));
    muting.outage->by = Cover::dependency;
    state.muting = muting;
    CHECK(withholds_expiry(state));
}

TEST_CASE("what an agent reports of a certificate says which it is, when it ends and the threshold, whatever else fails") {
    constexpr std::string_view kSpec = R"({"host": "example.com", "verify": false, "min_version": "1.3", "min_ec_bits": 500})";
    const auto fails = detail_of(check::Kind::tls, kSpec, showing(kNow + days{13}));
    CHECK(fails["assertions"].size() > 2);
    const auto found = expiry_in(fails);
    REQUIRE(found);
    CHECK(found->what == Ending::certificate);
    CHECK(found->identity == kFirst);
    CHECK(found->ends_at == kNow + days{13});
    CHECK(found->threshold_days == 14);
    CHECK(found->facts["subject"] == "CN=example.com");
    CHECK(!expiry_in(detail_of(check::Kind::tls, kSpec, showing(kNow + days{60}))));
}

TEST_CASE("what an agent reports of a domain says the day of its end and the threshold") {
    check::Observation observation;
    auto& facts = observation.facts<check::DomainFacts>();
    facts.registered = true;
    facts.registrar = "Example Registrar";
    facts.source = "https://rdap.example/domain/example.com";
    facts.expires = kNow + days{20};
    const auto warned = expiry_in(detail_of(check::Kind::domain, R"({"domain": "example.com"})", observation));
    REQUIRE(warned);
    CHECK(warned->what == Ending::domain);
    CHECK(warned->identity == "2026-01-21");
    CHECK(warned->threshold_days == 30);
    facts.expires = kNow + days{7};
    CHECK(expiry_in(detail_of(check::Kind::domain, R"({"domain": "example.com"})", observation))->threshold_days == 7);
    facts.expires = kNow + days{40};
    CHECK(!expiry_in(detail_of(check::Kind::domain, R"({"domain": "example.com"})", observation)));
}

TEST_CASE("a detail that does not say what ends is none, whatever it has in its place") {
    for (const auto* text : {"null", "[]", "{}", R"({"assertions": 7})", R"({"assertions": [{"threshold_days": "7"}]})",
                             R"({"assertions": [{"threshold_days": 7}]})",
                             R"({"assertions": [{"threshold_days": 7}], "tls": {"certificate": {"not_after": "2026-01-05T00:00:00Z"}}})",
                             R"({"assertions": [{"threshold_days": 7}], "tls": {"certificate": {"fingerprint": "ab", "not_after": "soon"}}})",
                             R"({"assertions": [{"threshold_days": -7}], "tls": {"certificate": {"fingerprint": "ab", "not_after": "2026-01-05T00:00:00Z"}}})"}) {
        CHECK_MESSAGE(!expiry_in(*json::parse(text)), text);
    }
}

}  // namespace expiry_test

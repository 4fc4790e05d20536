// What engines that share few sites tell each other of a region on which an outage rests.
#include <doctest/doctest.h>

#include "incident-engine/region_survey.h"

namespace region_survey_test {

using namespace sonde;
using namespace sonde::engine;
using check::Verdict;
using decision::Judgement;
using decision::RegionId;

namespace {

constexpr RegionId kIll{1};
const TimePoint kNow = from_unix_ms(1'790'000'000'000);
const TimePoint kSeen = kNow - seconds{3};

// One of two engines: its sites are checked from three domains, and other domains see them well.
struct Half {
    Holdings holdings;
    RegionSurvey survey{holdings, {}};

    Half() {
        for (const int region : {1, 2, 3}) holdings.regions.put(static_cast<RegionId>(region), {std::string(1, static_cast<char>('a' + region)), std::to_string(region)});
    }
    void site(int number, Verdict seen_by_ill, TimePoint at = kSeen) {
        Watched watched;
        auto& definition = watched.definition;
        definition.monitor = MonitorId{number};
        definition.site = SiteId{number};
        for (const int region : {1, 2, 3}) definition.voters.push_back({static_cast<RegionId>(region), std::to_string(region), std::to_string(region)});
        decision::arrange_voters(definition);
        for (const int region : {1, 2, 3}) {
            const bool ill = region == 1;
            const auto verdict = ill ? seen_by_ill : Verdict::up;
            watched.state.votes.push_back({static_cast<RegionId>(region), at, 0, ill ? at : at + seconds{1}, verdict, {}, false, verdict == Verdict::up ? 0 : 1, at, {}});
        }
        holdings.note(watched);
        holdings.monitors.emplace(definition.monitor, watched);
    }
    // Its outage is confirmed, and waits for the region.
    void waits(int number) {
        auto& watched = holdings.monitors.at(MonitorId{number});
        auto& suspicion = watched.state.suspicion.emplace();
        suspicion.first = kIll;
        suspicion.first_at = kSeen;
        suspicion.held_since = kNow;
        holdings.note(watched);
    }
    Judgement judged(TimePoint now = kNow) { return survey.judgement_on(kIll, kSeen, 2, now); }
    // The other half says so.
    void hears(int judgeable, int failing, int well, std::optional<TimePoint> since = kSeen, int shards = 2) {
        RegionReport other{kIll, shards, true, {}, since, failing, well, judgeable, kNow};
        (void)survey.report({other}, 2, kNow);
    }
};

}  // namespace

TEST_CASE("an engine with few sites does not take a region for one that nobody could find ill before it has heard of all sites") {
    Half half;
    half.site(1, Verdict::down);
    half.waits(1);
    CHECK(half.judged() == Judgement::open);
    half.hears(0, 0, 0, kSeen, 1);
    CHECK_MESSAGE(half.judged() == Judgement::open, "of one shard nothing was heard");
    half.hears(3, 0, 0);
    CHECK_MESSAGE(half.judged() == Judgement::well, "four sites in all are too few");
    half.hears(5, 0, 0);
    CHECK(half.judged() == Judgement::open);
    CHECK_MESSAGE(half.judged(kNow + seconds{5}) == Judgement::open, "a report counts for four seconds");
}

TEST_CASE("what others saw of a region counts if they saw it since the outage") {
    Half half;
    half.site(1, Verdict::down);
    half.waits(1);
    half.hears(5, 4, 0);
    CHECK(half.judged() == Judgement::doubtful);
    half.hears(5, 0, 3);
    CHECK(half.judged() == Judgement::well);
    half.hears(5, 0, 3, kSeen - milliseconds{1});
    CHECK(half.judged() == Judgement::open);
    half.hears(5, 0, 3, std::nullopt);
    CHECK(half.judged() == Judgement::open);
    half.hears(5, 0, 3, kSeen, 4);
    CHECK_MESSAGE(half.judged() == Judgement::open, "somebody counts the same sites twice");
}

TEST_CASE("an engine reports for a reason of its own or another's, and says which, so that reports come to an end") {
    Half half;
    half.site(1, Verdict::up);
    CHECK(half.survey.report({}, 2, kNow).empty());
    const RegionReport asking{kIll, 2, true, {}, kSeen, 1, 0, 1, kNow};
    const auto answer = half.survey.report({asking}, 2, kNow);
    REQUIRE(answer.size() == 1);
    CHECK(answer[0].region == kIll);
    CHECK_FALSE(answer[0].asks);
    CHECK(answer[0].since == kSeen);
    CHECK(answer[0].well == 1);
    CHECK(answer[0].judgeable == 1);
    CHECK(half.survey.report(answer, 2, kNow).empty());
    CHECK_FALSE(half.survey.presses());

    half.site(2, Verdict::down);
    half.waits(2);
    CHECK(half.survey.presses());
    const auto own = half.survey.report({}, 2, kNow);
    REQUIRE(own.size() == 1);
    CHECK(own[0].asks);
    CHECK(own[0].failing == 1);
    CHECK_FALSE(half.survey.presses());
    CHECK_FALSE(half.survey.brings_news());
    (void)half.survey.report({asking}, 2, kNow);
    CHECK(half.survey.brings_news());
    CHECK_FALSE(half.survey.brings_news());
}

TEST_CASE("sites that could judge a region are counted no further than it takes") {
    Half half;
    for (int number = 1; number <= 9; ++number) half.site(number, Verdict::up);
    const RegionReport asking{kIll, 2, true, {}, kSeen, 1, 0, 1, kNow};
    CHECK(half.survey.report({asking}, 2, kNow).at(0).judgeable == 5);
}

}  // namespace region_survey_test

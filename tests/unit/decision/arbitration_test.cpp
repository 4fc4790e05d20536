// Whether a region is believed: the evidence, the rule, and the way back.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "lib/decision/arbitration.h"
#include "tests/unit/decision/world.h"

namespace arbitration_test {

using namespace sonde;
using namespace sonde::decision;
using std::chrono::minutes;

namespace {

const TimePoint kNow = from_unix_ms(1'000'000'000'000);
const ArbitrationSettings kSettings;

void vote(MonitorState& state, int region, check::Verdict verdict, TimePoint at) {
    cast_vote(state.votes, {.region = static_cast<RegionId>(region), .slot = at, .attempt = 0, .started_at = at, .verdict = verdict, .cause = {},
                            .backfilled = false, .message = {}}, at);
}

// eu has failed since `failed`, us and ap say what they say at `others`.
Comparison seen(check::Verdict us, check::Verdict ap, TimePoint failed, TimePoint others) {
    const auto definition = test::definition_with({"a", "b", "c"});
    MonitorState state = first_state(kNow);
    vote(state, 1, check::Verdict::down, failed);
    vote(state, 2, us, others);
    vote(state, 3, ap, others);
    return compare(state, definition, definition.voters[0], kNow);
}

Evidence evidence(int alone, int well) {
    Evidence made;
    made.alone.fill(alone);
    made.well.fill(well);
    return made;
}

// Sites of a region in which `ill` of `all` began to fail alone over the last seconds, in some order.
Evidence counted(const std::vector<std::pair<SiteId, Comparison>>& comparisons) {
    Census census;
    for (const auto& [site, comparison] : comparisons) census.add(site, comparison);
    return census.count(kSettings, kNow, {});
}

}  // namespace

TEST_CASE("a site fails in a region alone if most others looked since and see it better") {
    using check::Verdict;
    CHECK(seen(Verdict::up, Verdict::up, kNow - seconds{5}, kNow - seconds{1}).sight == Sight::alone);
    CHECK(seen(Verdict::up, Verdict::up, kNow - seconds{5}, kNow - seconds{1}).at == kNow - seconds{5});
    CHECK(seen(Verdict::degraded, Verdict::up, kNow - seconds{5}, kNow - seconds{1}).sight == Sight::alone);
    CHECK(seen(Verdict::down, Verdict::up, kNow - seconds{5}, kNow - seconds{1}).sight == Sight::nothing);
    CHECK(seen(Verdict::down, Verdict::down, kNow - seconds{5}, kNow - seconds{1}).sight == Sight::nothing);
    // Nobody has looked since it began: a common outage looks so in its first second.
    CHECK(seen(Verdict::up, Verdict::up, kNow - seconds{1}, kNow - seconds{5}).sight == Sight::nothing);
}

TEST_CASE("a region whose results come last after an outage that all saw has not failed alone") {
    using check::Verdict;
    const auto definition = test::definition_with({"a", "b", "c"});
    const auto slot = [](int k) { return kNow - seconds{60} + seconds{k * 10}; };
    MonitorState state = first_state(kNow);
    for (int k = 0; k < 3; ++k) {
        for (const int region : {1, 2, 3}) vote(state, region, Verdict::down, slot(k));
    }
    vote(state, 2, Verdict::up, slot(3));
    vote(state, 3, Verdict::up, slot(3));
    CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::nothing);
    CHECK(anchor_of(state, definition, static_cast<RegionId>(1), kNow) == AnchorSight::nothing);
    CHECK(compare(*read_state(write_state(state)), definition, definition.voters[0], kNow).sight == Sight::nothing);
    vote(state, 2, Verdict::up, slot(4));
    CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::nothing);

    SUBCASE("it sees it well too") {
        vote(state, 1, Verdict::up, slot(3));
        CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::well);
        // What was is forgotten: the next failure is its own.
        CHECK(std::all_of(state.votes.begin(), state.votes.end(), [](const Vote& one) { return one.well_from == Slot{}; }));
        vote(state, 1, Verdict::down, slot(4));
        CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::alone);
    }
    SUBCASE("it goes on failing where others are well") {
        vote(state, 1, Verdict::down, slot(3));
        CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::alone);
        CHECK(anchor_of(state, definition, static_cast<RegionId>(1), kNow) == AnchorSight::failing);
    }
}

TEST_CASE("nobody's vote is evidence where it does not count, and a region is not judged by monitors that exclude it") {
    auto definition = test::definition_with({"a", "b", "c"});
    MonitorState state = first_state(kNow);
    vote(state, 1, check::Verdict::down, kNow - seconds{5});
    vote(state, 2, check::Verdict::up, kNow - seconds{1});
    vote(state, 3, check::Verdict::down, kNow - seconds{1});
    CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::nothing);
    definition.voters[2].standing = Standing::quarantined;
    CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::alone);
    definition.voters[0].standing = Standing::excluded;
    CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::nothing);
    CHECK(compare(state, definition, definition.voters[1], kNow).sight == Sight::well);
    CHECK(compare(state, definition, definition.voters[1], kNow + seconds{3600}).sight == Sight::nothing);
}

TEST_CASE("another region of the same domain is no witness") {
    const auto definition = test::definition_with({"a", "a", "b"});
    MonitorState state = first_state(kNow);
    vote(state, 1, check::Verdict::down, kNow - seconds{5});
    vote(state, 2, check::Verdict::up, kNow - seconds{1});
    CHECK(compare(state, definition, definition.voters[0], kNow).sight == Sight::nothing);
}

TEST_CASE("a region is quarantined when enough sites and a large enough share of them fail there alone") {
    CHECK(arbitrate({}, evidence(5, 5), kSettings, kNow).health == Health::quarantined);
    CHECK(arbitrate({}, evidence(5, 5), kSettings, kNow).ground == Ground::sites_failing_alone);
    CHECK(arbitrate({}, evidence(4, 0), kSettings, kNow).health == Health::voting);
    CHECK(arbitrate({}, evidence(5, 6), kSettings, kNow).health == Health::voting);
    // All that was seen in the last moments fails, though most sites are not due yet.
    Evidence lately;
    lately.alone = {5, 5, 5, 5, 5, 5};
    lately.well = {0, 0, 40, 40, 400, 400};
    CHECK(arbitrate({}, lately, kSettings, kNow).health == Health::quarantined);
    CHECK(arbitrate({}, lately, kSettings, kNow).doubtful_since == kNow - kSettings.window);
}

TEST_CASE("a region is quarantined when most of its anchors fail") {
    Evidence made;
    made.anchors = 3;
    made.anchors_failing = 1;
    CHECK(arbitrate({}, made, kSettings, kNow).health == Health::voting);
    made.anchors_failing = 2;
    CHECK(arbitrate({}, made, kSettings, kNow).ground == Ground::anchors_failing);
}

TEST_CASE("an anchor fails by two checks in a row, unless others see it fail too") {
    const auto definition = test::definition_with({"a", "b"});
    MonitorState state = first_state(kNow);
    const RegionId eu{1};
    vote(state, 1, check::Verdict::down, kNow - seconds{40});
    CHECK(anchor_of(state, definition, eu, kNow) == AnchorSight::nothing);
    vote(state, 1, check::Verdict::down, kNow - seconds{10});
    CHECK(anchor_of(state, definition, eu, kNow) == AnchorSight::failing);
    vote(state, 2, check::Verdict::down, kNow - seconds{5});
    CHECK(anchor_of(state, definition, eu, kNow) == AnchorSight::nothing);
    vote(state, 2, check::Verdict::up, kNow - seconds{4});
    CHECK(anchor_of(state, definition, eu, kNow) == AnchorSight::nothing);  // the region has not looked since
    vote(state, 1, check::Verdict::down, kNow - seconds{3});
    CHECK(anchor_of(state, definition, eu, kNow) == AnchorSight::failing);
    vote(state, 1, check::Verdict::up, kNow - seconds{1});
    CHECK(anchor_of(state, definition, eu, kNow) == AnchorSight::well);
}

TEST_CASE("a region is released when it was well for long enough without a break") {
    auto region = arbitrate({}, evidence(5, 0), kSettings, kNow);
    Evidence well;
    well.healthy = 9;
    well.ill = 2;
    auto at = kNow + seconds{30};
    region = arbitrate(region, well, kSettings, at);
    CHECK(region.health == Health::quarantined);
    CHECK(region.well_since == at);
    Evidence ill = well;
    ill.ill = 3;
    region = arbitrate(region, ill, kSettings, at += seconds{60});
    CHECK(!region.well_since);
    region = arbitrate(region, Evidence{}, kSettings, at += seconds{60});
    CHECK_MESSAGE(!region.well_since, "silence is not being well");
    region = arbitrate(region, well, kSettings, at += seconds{10});
    CHECK(arbitrate(region, well, kSettings, at + seconds{119}).health == Health::quarantined);
    region = arbitrate(region, well, kSettings, at + seconds{120});
    CHECK(region.health == Health::voting);
    CHECK(region.ground == Ground::well_again);
}

TEST_CASE("what people decide stands") {
    auto region = quarantine_by_hand({}, kSettings, kNow);
    CHECK(region.ground == Ground::by_request);
    Evidence well;
    well.healthy = 50;
    for (int minute = 0; minute < 30; ++minute) region = arbitrate(region, well, kSettings, kNow + minutes{minute});
    CHECK(region.health == Health::quarantined);
    region = release_by_hand(region, kSettings, kNow);
    CHECK(arbitrate(region, evidence(50, 0), kSettings, kNow + minutes{9}).health == Health::voting);
    CHECK(arbitrate(region, evidence(50, 0), kSettings, kNow + minutes{10}).health == Health::quarantined);
}

TEST_CASE("an outage that one domain sees is told once its region was seen to be well") {
    const auto of = [](int failing, int well, int judgeable = 100) { return judge({failing, well, judgeable, false}, kSettings); };
    CHECK(of(1, 0) == Judgement::open);
    CHECK(of(1, 2) == Judgement::open);
    CHECK(of(1, 3) == Judgement::well);
    CHECK(of(3, 3) == Judgement::doubtful);
    CHECK(of(2, 0) == Judgement::doubtful);
    CHECK_MESSAGE(of(2, 0, 4) == Judgement::well, "with so few sites nobody will ever find the region ill");
    CHECK(judge({2, 0, 0, true}, kSettings) == Judgement::doubtful);
    CHECK_MESSAGE(judge({1, 0, 4, false, false}, kSettings) == Judgement::open, "there may be more sites than are known");
}

namespace {

template <class Property>
void holds(const char* name, Property property) {
    setenv("RC_PARAMS", "max_success=1000", 0);
    CHECK(rc::check(name, std::move(property)));
}

std::vector<std::pair<SiteId, Comparison>> some_comparisons() {
    std::vector<std::pair<SiteId, Comparison>> comparisons;
    const int n = *rc::gen::inRange(0, 60);
    for (int i = 0; i < n; ++i) {
        const auto sight = static_cast<Sight>(*rc::gen::inRange(0, 3));
        comparisons.emplace_back(SiteId{*rc::gen::inRange(1, 30)}, Comparison{sight, kNow - seconds{*rc::gen::inRange(0, 600)}});
    }
    return comparisons;
}

}  // namespace

TEST_CASE("evidence is the same in whatever order and however often it comes, and adds up over sites") {
    holds("evidence", [] {
        auto comparisons = some_comparisons();
        const auto once = counted(comparisons);
        auto again = comparisons;
        again.insert(again.end(), comparisons.begin(), comparisons.end());
        std::shuffle(again.begin(), again.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
        RC_ASSERT(counted(again) == once);
        std::vector<std::pair<SiteId, Comparison>> odd, even;
        for (const auto& one : comparisons) (one.first.value() % 2 == 1 ? odd : even).push_back(one);
        auto sum = counted(odd);
        sum += counted(even);
        RC_ASSERT(sum == once);
        for (std::size_t k = 1; k < once.alone.size(); ++k) RC_ASSERT(once.alone[k] >= once.alone[k - 1] && once.well[k] >= once.well[k - 1]);
    });
}

TEST_CASE("no region is quarantined by fewer sites than it takes, and none is released before it was well for its time") {
    holds("hysteresis", [] {
        RegionCase region;
        auto now = kNow;
        std::optional<TimePoint> ill_at;
        const int steps = *rc::gen::inRange(1, 60);
        for (int i = 0; i < steps; ++i) {
            now += seconds{*rc::gen::inRange(1, 60)};
            Evidence made;
            int alone = 0;
            int well = 0;
            for (std::size_t k = 0; k < made.alone.size(); ++k) {
                made.alone[k] = alone += *rc::gen::inRange(0, 3);
                made.well[k] = well += *rc::gen::inRange(0, 5);
            }
            made.ill = *rc::gen::inRange(0, 4);
            made.healthy = *rc::gen::inRange(0, 12);
            const auto next = arbitrate(region, made, kSettings, now);
            RC_ASSERT(arbitrate(region, made, kSettings, now) == next);
            if (next.health != region.health && next.health == Health::quarantined) {
                RC_ASSERT(made.alone.back() >= kSettings.min_sites);
                ill_at = now;
            }
            if (next.health != region.health && next.health == Health::voting) RC_ASSERT(now - *ill_at >= kSettings.release_after);
            region = next;
        }
    });
}

TEST_CASE("a common outage quarantines nobody, in whatever order the regions see it") {
    holds("common outage", [] {
        const int sites = *rc::gen::inRange(5, 40);
        auto definition = test::definition_with({"a", "b", "c"});
        std::vector<MonitorState> states(static_cast<std::size_t>(sites), first_state(kNow - minutes{5}));
        for (auto& state : states) {
            for (int region = 1; region <= 3; ++region) vote(state, region, check::Verdict::up, kNow - seconds{*rc::gen::inRange(1, 30)});
        }
        // From kNow on everything is down, and whoever looks sees it.
        auto now = kNow;
        for (int i = 0; i < sites * 3; ++i) {
            now += milliseconds{*rc::gen::inRange(0, 1000)};
            auto& state = states[static_cast<std::size_t>(*rc::gen::inRange(0, sites))];
            vote(state, *rc::gen::inRange(1, 4), check::Verdict::down, now);
            for (const auto& voter : definition.voters) {
                Census census;
                for (int s = 0; s < sites; ++s) census.add(SiteId{s + 1}, compare(states[static_cast<std::size_t>(s)], definition, voter, now));
                RC_ASSERT(arbitrate({}, census.count(kSettings, now, {}), kSettings, now).health == Health::voting);
            }
        }
    });
}

TEST_CASE("a region that breaks is found out, whatever the order, and no other is suspected for it") {
    holds("broken region", [] {
        const int sites = *rc::gen::inRange(kSettings.min_sites, 40);
        const int broken = *rc::gen::inRange(1, 4);
        const auto definition = test::definition_with({"a", "b", "c"});
        std::vector<MonitorState> states(static_cast<std::size_t>(sites), first_state(kNow - minutes{5}));
        for (auto& state : states) {
            for (int region = 1; region <= 3; ++region) vote(state, region, check::Verdict::up, kNow - seconds{*rc::gen::inRange(1, 20)});
        }
        const auto health_of = [&](int region, TimePoint now) {
            Census census;
            const auto& voter = definition.voters[static_cast<std::size_t>(region - 1)];
            for (int s = 0; s < sites; ++s) census.add(SiteId{s + 1}, compare(states[static_cast<std::size_t>(s)], definition, voter, now));
            return arbitrate({}, census.count(kSettings, now, {}), kSettings, now).health;
        };
        // Each site is looked at once in the next thirty seconds, from the broken region first or last.
        std::vector<int> order(static_cast<std::size_t>(sites));
        for (int s = 0; s < sites; ++s) order[static_cast<std::size_t>(s)] = s;
        std::shuffle(order.begin(), order.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
        auto now = kNow;
        for (const int s : order) {
            now += milliseconds{30'000 / sites};
            auto& state = states[static_cast<std::size_t>(s)];
            vote(state, broken, check::Verdict::down, now);
            for (int region = 1; region <= 3; ++region) {
                if (region != broken) vote(state, region, check::Verdict::up, now + milliseconds{*rc::gen::inRange(0, 900)});
            }
            for (int region = 1; region <= 3; ++region) RC_ASSERT(region == broken || health_of(region, now + seconds{1}) == Health::voting);
        }
        RC_ASSERT(health_of(broken, now + seconds{1}) == Health::quarantined);
    });
}

}  // namespace arbitration_test

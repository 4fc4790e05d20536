// Advisories that come and go: how much is told of them.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

#include "lib/base/shard.h"
#include "tests/unit/decision/world.h"

namespace advisory_test {

using namespace sonde;
using namespace sonde::decision;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr TimePoint kStart = from_unix_ms(1'000'000'200'000);

struct Told {
    TimePoint at;
    bool opened = false;
    bool closed = false;
    std::optional<TimePoint> flapping_since;
};

// A monitor of five regions, every 30 s, for a while; `fails(region, round)` of the first two says what they see.
template <class Fails>
std::vector<Told> told_while(const check::Flapping& flapping, milliseconds length, Fails fails) {
    auto definition = test::definition_with({"a", "b", "c", "d", "e"});
    definition.policy.flapping = flapping;
    auto state = first_state(kStart);
    std::vector<Told> told;
    const auto happens = [&](TimePoint now, decltype(Event::what) what) {
        auto decision = decide(std::move(state), definition, {now, AdvisoryId{1}, std::move(what)});
        state = std::move(decision.next);
        if (!decision.effects.empty()) CHECK(*read_state(write_state(state)) == state);
        for (const auto& effect : decision.effects) {
            if (const auto* opened = std::get_if<AdvisoryOpened>(&effect)) told.push_back({now, true, false, opened->advisory.flapping_since});
            if (const auto* changed = std::get_if<AdvisoryChanged>(&effect)) told.push_back({now, false, false, changed->advisory.flapping_since});
            if (const auto* closed = std::get_if<AdvisoryClosed>(&effect)) told.push_back({now, false, true, closed->advisory.flapping_since});
        }
    };
    for (int round = 0; definition.interval * round < length; ++round) {
        const auto slot = kStart + definition.interval * round;
        for (int region = 1; region <= 5; ++region) {
            const auto now = slot + milliseconds{10 * region};
            for (auto due = next_tick(state, definition, now, kStart); due && *due <= now; due = next_tick(state, definition, now, kStart)) {
                happens(now, Tick{kStart, now});
                if (next_tick(state, definition, now, kStart) == due) break;
            }
            ResultSeen seen;
            seen.region = static_cast<RegionId>(region);
            seen.slot = slot;
            seen.started_at = now;
            seen.verdict = region <= 2 && fails(region, round) ? check::Verdict::down : check::Verdict::up;
            if (seen.verdict == check::Verdict::down) seen.cause = check::FailureClass::reset;
            happens(now, seen);
        }
    }
    return told;
}

std::size_t most_within(const std::vector<Told>& told, milliseconds window) {
    std::size_t most = 0;
    std::deque<TimePoint> lately;
    for (const auto& one : told) {
        lately.push_back(one.at);
        while (lately.front() + window <= one.at) lately.pop_front();
        most = std::max(most, lately.size());
    }
    return most;
}

}  // namespace

TEST_CASE("a failure that one region sees come and go for a day is told six times at most, and hundreds of times where that is turned off") {
    const auto comes_and_goes = [](int region, int round) { return region == 1 && round % 12 < 6; };
    const auto damped = told_while({}, hours{24}, comes_and_goes);
    CHECK(damped.size() <= 6);
    REQUIRE(!damped.empty());
    CHECK(damped.back().opened);
    CHECK(damped.back().flapping_since == damped.back().at);
    CHECK(std::count_if(damped.begin(), damped.end(), [](const Told& one) { return one.flapping_since.has_value(); }) == 1);
    check::Flapping off;
    off.enabled = false;
    const auto all = told_while(off, hours{24}, comes_and_goes);
    CHECK(all.size() > 200);
    CHECK(std::none_of(all.begin(), all.end(), [](const Told& one) { return one.flapping_since.has_value(); }));
}

TEST_CASE("two regions that take turns are told of no more often, and it is over when both were well for the calm time") {
    const auto turns = [](int region, int round) { return round < 600 && (round / 5) % 2 == region - 1; };
    const auto told = told_while({}, hours{8}, turns);
    CHECK(told.size() <= 8);
    REQUIRE(!told.empty());
    CHECK(told.back().closed);
    CHECK(told.back().flapping_since.has_value());
    const auto last_failure = kStart + seconds{30} * 599;
    CHECK(told.back().at >= last_failure + minutes{10});
    CHECK(told.back().at < last_failure + minutes{11});
}

TEST_CASE("however a minority comes and goes, within the calm time no more is told than so many changes, each region once, and an end") {
    constexpr std::size_t kMinority = 2;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        check::Flapping flapping;
        flapping.changes = 3 + static_cast<int>(seed % 4);
        flapping.calm = minutes{2 + static_cast<int>(seed % 9)};
        const auto pace = 2 + seed % 13;
        const auto told = told_while(flapping, hours{4}, [&](int region, int round) {
            return stable_hash(seed * 1'000'003 + static_cast<std::uint64_t>(region) * 7919 + static_cast<std::uint64_t>(round) / pace) % 3 == 0;
        });
        CHECK_MESSAGE(most_within(told, flapping.calm) <= static_cast<std::size_t>(flapping.changes) + kMinority + 1, "seed " << seed);
        for (std::size_t i = 1; i < told.size(); ++i) {
            // What is told may be told up to a round after the check.
            if (told[i].closed && told[i].flapping_since) CHECK(told[i].at - told[i - 1].at >= flapping.calm - seconds{30});
        }
    }
}

TEST_CASE("an advisory that comes and goes seldom is no other than before") {
    const auto told = told_while({}, hours{12}, [](int region, int round) { return region == 1 && round % 120 < 60; });
    CHECK(told.size() > 20);
    CHECK(std::none_of(told.begin(), told.end(), [](const Told& one) { return one.flapping_since.has_value(); }));
}

}  // namespace advisory_test

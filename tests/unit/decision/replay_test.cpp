// What was decided once is decided again by a replay of the results; and what another policy would have made of them.
#include "lib/decision/replay.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/unit/decision/world.h"

namespace replay_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

const TimePoint kStart = from_unix_ms(1'000'000'200'000);

ResultSeen seen(int region, TimePoint slot, check::Verdict verdict, TimePoint started, int attempt = 0) {
    ResultSeen result;
    result.region = static_cast<RegionId>(region);
    result.slot = slot;
    result.attempt = attempt;
    result.started_at = started;
    result.verdict = verdict;
    if (verdict != check::Verdict::up) result.cause = check::FailureClass::reset;
    return result;
}

// A target and its regions, which answer what the core asks for: what a running engine would have stored.
class Recorder {
public:
    explicit Recorder(Definition definition) : definition_(definition) {
        world_.add(std::move(definition));
        world_.listening_since = kStart;
    }
    std::vector<StoredResult> stored;

    void happens(TimePoint at, ResultSeen result) {
        answer_until(at);
        decide_on(at, std::move(result));
    }
    void finish(TimePoint until) { answer_until(until); }
    // What a region sees when it is asked: bit n for region n+1 failing.
    int failing = 0;
    test::World& world() { return world_; }

private:
    void tick_until(TimePoint until) {
        while (const auto due = world_.next_tick(now_)) {
            if (due->first > until) break;
            now_ = std::max(now_, due->first);
            world_.happens(0, now_, Tick{world_.listening_since, now_});
            take_asks();
        }
    }
    void answer_until(TimePoint until) {
        while (true) {
            const auto first = answers_.empty() ? until : std::min(until, answers_.begin()->first);
            tick_until(first);
            if (answers_.empty() || answers_.begin()->first > until) break;
            if (answers_.begin()->first < first) continue;
            auto [at, result] = *answers_.begin();
            answers_.erase(answers_.begin());
            decide_on(at, std::move(result));
        }
    }
    void decide_on(TimePoint at, ResultSeen result) {
        now_ = std::max(now_, at);
        stored.push_back({now_, definition_.monitor, result});
        world_.happens(0, now_, result);
        take_asks();
    }
    void take_asks() {
        for (const auto& confirm : world_.last_asked) {
            for (const auto& ask : confirm.asks) {
                const auto region = static_cast<int>(ask.region);
                const auto verdict = (failing >> (region - 1) & 1) != 0 ? check::Verdict::down : check::Verdict::up;
                const auto started = ask.not_before + milliseconds{3 * region};
                answers_.emplace(started + milliseconds{100}, seen(region, confirm.slot, verdict, started, ask.attempt));
            }
        }
        world_.last_asked.clear();
    }

    Definition definition_;
    test::World world_;
    TimePoint now_ = kStart;
    std::multimap<TimePoint, ResultSeen> answers_;
};

Replay replay(const Definition& definition, const std::vector<StoredResult>& stored, TimePoint until, Unmade unmade = Unmade::from_next_round) {
    Replay again({.unmade = unmade, .notes = 100, .results = 0});
    again.watch(definition, kStart);
    for (const auto& result : stored) again.feed(result);
    again.finish(until);
    return again;
}

// Rounds of three regions every 30 s: which fail in each, by bits.
Recorder recorded(const Definition& definition, const std::vector<int>& rounds) {
    Recorder recorder(definition);
    for (std::size_t n = 0; n < rounds.size(); ++n) {
        const auto slot = kStart + seconds{30 * static_cast<int>(n)};
        recorder.failing = rounds[n];
        for (int region = 1; region <= static_cast<int>(definition.voters.size()); ++region) {
            const auto started = slot + milliseconds{10 * region};
            const bool down = (rounds[n] >> (region - 1) & 1) != 0;
            recorder.happens(started + milliseconds{40}, seen(region, slot, down ? check::Verdict::down : check::Verdict::up, started));
        }
    }
    recorder.finish(kStart + seconds{30 * static_cast<int>(rounds.size())});
    return recorder;
}

Incident plain(Incident incident) {
    incident.id = {};
    return incident;
}

}  // namespace

TEST_CASE("a replay with the same policy opens and resolves what was opened and resolved") {
    setenv("RC_PARAMS", "max_success=300", 0);
    CHECK(rc::check("same policy, same incidents", [] {
        auto definition = test::definition_with({"a", "b", "c"});
        definition.policy.recovery_rounds = *rc::gen::inRange(1, 3);
        definition.policy.quorum.rule = *rc::gen::element(check::QuorumRule::majority, check::QuorumRule::all, check::QuorumRule::any);
        std::vector<int> rounds{0};
        // Outages last a few rounds, or the world would be noise alone.
        for (const int fails : *rc::gen::container<std::vector<int>>(20, rc::gen::weightedElement<int>({{6, 0}, {2, 7}, {1, 3}, {1, 1}, {1, 4}}))) {
            for (int again = *rc::gen::inRange(1, 4); again > 0; --again) rounds.push_back(fails);
        }
        auto recorder = recorded(definition, rounds);
        const auto until = kStart + seconds{30 * static_cast<int>(rounds.size())};
        const auto again = replay(definition, recorder.stored, until);
        const auto& really = recorder.world().incidents;
        RC_ASSERT(again.incidents().size() == really.size());
        for (std::size_t i = 0; i < really.size(); ++i) {
            RC_ASSERT(plain(again.incidents()[i].incident) == plain(really[i]));
            RC_ASSERT(!again.incidents()[i].assumed);
        }
        RC_ASSERT(again.assumed_answers() == 0);
        const auto& state = *again.state_of(definition.monitor);
        const auto& real = recorder.world().monitor(0).state;
        RC_ASSERT(state.known == real.known && state.votes == real.votes && state.suspicion == real.suspicion && state.doubt == real.doubt);
        // And once more, to the letter.
        const auto twice = replay(definition, recorder.stored, until);
        RC_ASSERT(twice.notes().size() == again.notes().size());
    }));
}

TEST_CASE("what one region saw alone would have paged under `any`") {
    const auto definition = test::definition_with({"a", "b", "c"});
    auto recorder = recorded(definition, {0, 0, 1, 1, 0, 0, 0});
    CHECK(recorder.world().incidents.empty());
    auto other = definition;
    other.policy.quorum.rule = check::QuorumRule::any;
    const auto again = replay(other, recorder.stored, kStart + seconds{210});
    REQUIRE(again.incidents().size() == 1);
    CHECK(again.incidents()[0].incident.state == IncidentState::resolved);
    CHECK(again.incidents()[0].evidence["votes"].size() == 3);
}

TEST_CASE("answers that nobody gave are taken from the next round and marked, or missing if so wished") {
    const auto definition = test::definition_with({"a", "b", "c"});
    // Recorded without confirmation: no further attempts are stored.
    auto hasty = definition;
    hasty.policy.confirm = false;
    auto recorder = recorded(hasty, {0, 0, 7, 7, 7, 0, 0, 0});
    REQUIRE(recorder.world().incidents.size() == 1);
    const auto assumed = replay(definition, recorder.stored, kStart + seconds{240});
    REQUIRE(assumed.incidents().size() == 1);
    CHECK(assumed.assumed_answers() > 0);
    CHECK(assumed.incidents()[0].incident.opened_at >= recorder.world().incidents[0].opened_at);
    const auto strict = replay(definition, recorder.stored, kStart + seconds{240}, Unmade::unanswered);
    CHECK(strict.assumed_answers() == 0);
    CHECK(strict.unanswered() > 0);
    for (const auto& replayed : strict.incidents()) CHECK(!replayed.assumed);
}

TEST_CASE("a blip that the next round does not show is refuted by the assumed answers") {
    auto hasty = test::definition_with({"a", "b", "c"});
    hasty.policy.confirm = false;
    auto recorder = recorded(hasty, {0, 0, 1, 0, 0});
    CHECK(recorder.world().incidents.empty());
    auto any = hasty;
    any.policy.confirm = true;
    any.policy.quorum.rule = check::QuorumRule::any;
    const auto again = replay(any, recorder.stored, kStart + seconds{150});
    CHECK(again.incidents().empty());
    CHECK(again.assumed_answers() > 0);
}

TEST_CASE("of results of monitors that are not watched nothing follows") {
    Replay again({});
    again.watch(test::definition_with({"a"}), kStart);
    again.feed({kStart, MonitorId{99}, seen(1, kStart, check::Verdict::down, kStart)});
    again.finish(kStart + seconds{60});
    CHECK(again.incidents().empty());
    CHECK(again.state_of(MonitorId{99}) == nullptr);
}

}  // namespace replay_test

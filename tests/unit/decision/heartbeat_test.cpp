// Heartbeats beside what the traces show: no order and no repetition of pings makes a difference.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "tests/unit/decision/world.h"

namespace heartbeat_test {

using namespace sonde;
using namespace sonde::decision;
using check::PingKind;

namespace {

const TimePoint kStart = from_unix_ms(1'000'000'200'000);

Definition job(int recovery_rounds = 1) {
    auto definition = test::definition_with({});
    definition.heartbeat.emplace().period = seconds{60};
    definition.heartbeat->grace = seconds{10};
    definition.policy.recovery_rounds = recovery_rounds;
    definition.voters = {{kPushRegion, "push", "push", 0}};
    arrange_voters(definition);
    return definition;
}

MonitorState after(const std::vector<PingSeen>& pings, const Definition& definition, TimePoint now) {
    auto state = first_state(kStart);
    for (const auto& ping : pings) state = decide(std::move(state), definition, {now, AdvisoryId{1}, ping}).next;
    return state;
}

PingSeen ping_at(int ms, PingKind kind, std::string run = {}) { return {kStart + milliseconds{ms}, 0, kind, std::move(run), {}}; }

rc::Gen<PingSeen> any_ping() {
    return rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, 60), rc::gen::inRange(0, 2), rc::gen::inRange(0, 4), rc::gen::element<std::string>("", "a", "b")),
                        [](const auto& parts) {
                            auto ping = ping_at(std::get<0>(parts) * 500, static_cast<PingKind>(std::get<2>(parts)), std::get<3>(parts));
                            ping.attempt = std::get<1>(parts);
                            return ping;
                        });
}

bool same_key(const PingSeen& a, const PingSeen& b) { return a.at == b.at && a.attempt == b.attempt; }

}  // namespace

TEST_CASE("any order and any repetition of pings leads to the same state") {
    const bool holds = rc::check([] {
        auto pings = *rc::gen::container<std::vector<PingSeen>>(any_ping());
        // One instant and attempt is one ping.
        std::stable_sort(pings.begin(), pings.end(), [](const auto& a, const auto& b) { return std::tie(a.at, a.attempt) < std::tie(b.at, b.attempt); });
        pings.erase(std::unique(pings.begin(), pings.end(), same_key), pings.end());
        auto shuffled = pings;
        for (std::size_t i = 0; i < pings.size(); i += 2) shuffled.push_back(pings[i]);
        std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));

        const auto definition = job(*rc::gen::inRange(1, 4));
        const auto now = kStart + seconds{40};
        const auto one = after(pings, definition, now);
        const auto other = after(shuffled, definition, now);
        RC_ASSERT(one.heartbeat == other.heartbeat);
        RC_ASSERT(one.known == other.known);
        RC_ASSERT(one.in_outage == other.in_outage);
        RC_ASSERT(one.votes.size() == other.votes.size());
        for (std::size_t i = 0; i < one.votes.size(); ++i) {
            RC_ASSERT(one.votes[i].slot == other.votes[i].slot);
            RC_ASSERT(one.votes[i].verdict == other.votes[i].verdict);
        }
        RC_ASSERT(*read_state(write_state(one)) == one);
        RC_ASSERT(next_tick(one, definition, now, kStart) == next_tick(other, definition, now, kStart));
    });
    CHECK(holds);
}

TEST_CASE("starts crowd out no failure, however many there are") {
    std::vector<PingSeen> pings{ping_at(0, PingKind::fail), ping_at(1, PingKind::success)};
    for (int i = 0; i < 100; ++i) pings.push_back(ping_at(10 + i, PingKind::start));
    const auto state = after(pings, job(2), kStart + seconds{1});
    CHECK(state.known == Known::down);
    CHECK(state.heartbeat.pings.size() == 2 + kStarts);
}

TEST_CASE("a silence is judged by what was heard, and not by the clock of whoever judges") {
    const auto definition = job();
    auto state = after({ping_at(0, PingKind::success)}, definition, kStart);
    REQUIRE(state.heartbeat.deadline == kStart + seconds{70});
    const auto much_later = kStart + seconds{500};
    const auto unheard = decide(state, definition, {much_later, AdvisoryId{1}, Tick{kStart, kStart + seconds{70}}});
    CHECK(unheard.reason == Reason::nothing_due);
    CHECK(unheard.next == state);
    CHECK(*next_tick(state, definition, much_later, kStart) > much_later);
    const auto heard = decide(state, definition, {much_later, AdvisoryId{1}, Tick{kStart, kStart + seconds{70} + kLatePingsWay}});
    CHECK(heard.reason == Reason::heartbeat_late);
    CHECK(heard.next.shown() == State::down);
    CHECK(heard.next.votes.at(0).cause == check::FailureClass::heartbeat_late);
    CHECK_FALSE(next_tick(heard.next, definition, much_later, kStart));
    CHECK(*read_state(write_state(heard.next)) == heard.next);
}

TEST_CASE("the run time is from the start that a finish belongs to") {
    const auto run_of = [](const std::vector<PingSeen>& pings) { return after(pings, job(), kStart + seconds{60}).heartbeat.last_run; };
    CHECK(run_of({ping_at(1000, PingKind::start), ping_at(3500, PingKind::success)}) == milliseconds{2500});
    CHECK(run_of({ping_at(0, PingKind::start, "a"), ping_at(1000, PingKind::start, "b"), ping_at(5000, PingKind::success, "a")}) == milliseconds{5000});
    CHECK(run_of({ping_at(1000, PingKind::start), ping_at(2000, PingKind::fail)}) == milliseconds{1000});
    CHECK_FALSE(run_of({ping_at(1000, PingKind::start, "a"), ping_at(2000, PingKind::success, "b")}));
    CHECK_FALSE(run_of({ping_at(2000, PingKind::success)}));
}

TEST_CASE("a monitor of another kind hears no pings") {
    const auto definition = test::definition_with({"a"});
    const auto state = first_state(kStart);
    const auto decision = decide(state, definition, {kStart, AdvisoryId{1}, ping_at(0, PingKind::fail)});
    CHECK(decision.reason == Reason::vote_from_stranger);
    CHECK(decision.effects.empty());
}

}  // namespace heartbeat_test

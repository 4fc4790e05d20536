// What holds whatever happens, in whatever order, however often.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "tests/unit/decision/world.h"

namespace property_test {

using namespace sonde;
using namespace sonde::decision;
using std::chrono::minutes;

namespace {

const TimePoint kStart = from_unix_ms(1'000'000'200'000);

struct Happening {
    int after_ms = 0;
    int kind = 0;  // 0 to 17 a result, then pause, resume, edit, fewer regions, acknowledge, resolve, quarantine, release, judged well, in doubt
    int region = 1;
    int verdict = 0;
    int slots_back = 0;
    int attempt = 0;
    int skew_ms = 0;
    bool backfilled = false;
};

std::ostream& operator<<(std::ostream& out, const Happening& it) {
    return out << fmt::format("{{+{} ms kind {} region {} verdict {} slots_back {} attempt {} skew {} backfilled {}}}", it.after_ms, it.kind,
                              it.region, it.verdict, it.slots_back, it.attempt, it.skew_ms, it.backfilled);
}

// The range's bounds both count.
rc::Gen<int> whole(int from, int to) { return rc::gen::inRange(from, to + 1); }

rc::Gen<Happening> happening() {
    return rc::gen::build<Happening>(
        rc::gen::set(&Happening::after_ms, rc::gen::weightedOneOf<int>({{8, whole(0, 20'000)}, {1, whole(20'000, 200'000)}})),
        rc::gen::set(&Happening::kind, whole(0, 27)),
        rc::gen::set(&Happening::region, whole(1, 5)),
        rc::gen::set(&Happening::verdict, rc::gen::weightedElement<int>({{5, 0}, {1, 1}, {5, 2}, {1, 3}})),
        rc::gen::set(&Happening::slots_back, rc::gen::weightedElement<int>({{8, 0}, {1, 1}, {1, 5}})),
        rc::gen::set(&Happening::attempt, whole(0, 3)),
        rc::gen::set(&Happening::skew_ms, rc::gen::weightedElement<int>({{6, 0}, {1, -3'600'000}, {1, 3'600'000}, {2, -200}})),
        rc::gen::set(&Happening::backfilled, rc::gen::weightedElement<bool>({{6, false}, {1, true}})));
}

rc::Gen<Definition> definition() {
    return rc::gen::exec([] {
        std::vector<std::string> domains;
        const int regions = *whole(1, 5);
        for (int i = 0; i < regions; ++i) domains.push_back(*rc::gen::weightedElement<std::string>({{3, fmt::format("own{}", i)}, {1, "shared"}}));
        auto made = test::definition_with(domains);
        made.policy.quorum.rule = *rc::gen::element(check::QuorumRule::majority, check::QuorumRule::majority, check::QuorumRule::all,
                                                    check::QuorumRule::any, check::QuorumRule::at_least);
        if (made.policy.quorum.rule == check::QuorumRule::at_least) made.policy.quorum.at_least = *whole(1, 3);
        made.policy.confirm = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
        made.policy.confirm_attempts = *whole(1, 3);
        made.policy.recovery_rounds = *whole(1, 3);
        made.policy.advisory_after = *whole(1, 3);
        made.policy.flapping.enabled = *rc::gen::weightedElement<bool>({{2, true}, {1, false}});
        made.policy.flapping.changes = *whole(3, 5);
        made.policy.flapping.window = minutes{*whole(1, 30)};
        made.policy.flapping.calm = seconds{*whole(10, 300)};
        made.hold = seconds{*rc::gen::element(0, 0, 5, 15)};
        for (auto& voter : made.voters) {
            voter.pages = *rc::gen::weightedElement<bool>({{6, false}, {1, true}});
            if (*rc::gen::weightedElement<bool>({{8, false}, {1, true}})) voter.standing = Standing::excluded;
        }
        arrange_voters(made);
        made.rotates = *rc::gen::weightedElement<bool>({{4, false}, {1, true}});
        return made;
    });
}

ResultSeen result_of(const Happening& it, TimePoint now) {
    ResultSeen seen;
    seen.region = static_cast<RegionId>(it.region);
    seen.slot = from_unix_ms(to_unix_ms(now) / 30'000 * 30'000) - seconds{30 * it.slots_back};
    seen.attempt = it.attempt;
    seen.started_at = now + milliseconds{it.skew_ms};
    seen.verdict = static_cast<check::Verdict>(it.verdict);
    seen.cause = it.verdict == 0 ? check::FailureClass::none : check::FailureClass::reset;
    seen.backfilled = it.backfilled;
    return seen;
}

// Counted anew, in the plainest way, by another pair of eyes: is it down by quorum?
bool plainly_down(const MonitorState& state, const Definition& definition, TimePoint now) {
    std::map<std::string, std::pair<int, int>> domains;  // fresh, down
    for (const auto& vote : state.votes) {
        const auto* voter = definition.voter(vote.region);
        if (voter == nullptr || voter->standing != Standing::counts || now - vote.taken_at > definition.cadence() * 3 / 2 + definition.timeout) continue;
        ++domains[voter->domain].first;
        if (vote.verdict == check::Verdict::down) ++domains[voter->domain].second;
    }
    for (const auto& vote : state.votes) {
        const auto* voter = definition.voter(vote.region);
        const bool enough = voter != nullptr && voter->pages && voter->standing == Standing::counts;
        if (enough && vote.verdict == check::Verdict::down && now - vote.taken_at <= definition.freshness()) return true;
    }
    const auto down = std::count_if(domains.begin(), domains.end(), [](const auto& one) { return one.second.second * 2 > one.second.first; });
    const auto fresh = static_cast<long>(domains.size());
    switch (definition.policy.quorum.rule) {
        case check::QuorumRule::majority: return down * 2 > fresh && fresh * 2 > definition.domains;
        case check::QuorumRule::all: return down == fresh && fresh * 2 > definition.domains;
        case check::QuorumRule::any: return down >= 1;
        case check::QuorumRule::at_least: return down >= std::min(definition.policy.quorum.at_least, definition.domains);
    }
    return false;
}

// Decides, and checks all that must hold of any decision.
class Watcher {
public:
    explicit Watcher(Definition definition) { world_.add(std::move(definition)); world_.listening_since = kStart; }

    void happens(const Happening& it) {
        const auto now = now_ + milliseconds{it.after_ms};
        tick_until(now);
        now_ = now;
        auto& watched = world_.monitor(0);
        if (it.kind <= 17) return step(result_of(it, now));
        switch (it.kind) {
            case 18: watched.definition.activity = Activity::paused; return step(DefinitionRead{});
            case 19: watched.definition.activity = Activity::active; return step(DefinitionRead{});
            case 20: ++watched.definition.spec_hash; return step(DefinitionRead{});
            case 21:
                if (watched.definition.voters.size() > 1) watched.definition.voters.pop_back();
                arrange_voters(watched.definition);
                return step(DefinitionRead{});
            case 24:
            case 25:
                for (auto& voter : watched.definition.voters) {
                    if (voter.id != static_cast<RegionId>(it.region) || voter.standing == Standing::excluded) continue;
                    voter.standing = it.kind == 24 ? Standing::quarantined : Standing::counts;
                    voter.doubtful_since = it.kind == 24 ? now - minutes{it.verdict * 5} : TimePoint{};
                }
                arrange_voters(watched.definition);
                return step(DefinitionRead{});
            case 26:
            case 27: return step(RegionsJudged{it.kind == 26});
            case 22: world_.command(now, Scope::outage, {Action::acknowledge, "ann", "", {}}); break;
            default: world_.command(now, Scope::outage, {Action::resolve, "ann", "", {}}); break;
        }
        check_incidents();
    }

    test::World& world() { return world_; }

private:
    void tick_until(TimePoint until) {
        int ticks = 0;
        while (const auto due = world_.next_tick(now_)) {
            if (due->first > until) break;
            now_ = std::max(now_, due->first);
            step(Tick{world_.listening_since});
            const auto next = world_.next_tick(now_);
            RC_ASSERT(!next || next->first > now_);  // or the shell would spin
            RC_ASSERT(++ticks < 100);
        }
    }

    void step(decltype(Event::what) what) {
        auto& watched = world_.monitor(0);
        if (!watched.seen) {
            watched.state = first_state(now_);
            watched.seen = true;
        }
        const Event event{now_, AdvisoryId{99}, what};
        const auto before = watched.state;
        const auto one = decide(before, watched.definition, event);
        const auto two = decide(before, watched.definition, event);
        RC_ASSERT(one.next == two.next && one.reason == two.reason && one.effects.size() == two.effects.size());

        const auto again = decide(one.next, watched.definition, event);
        if (std::holds_alternative<ResultSeen>(what)) {
            // An unknown verdict is kept nowhere, so only what it does is the same; others are the region's vote already.
            RC_ASSERT(again.effects.empty());
            RC_ASSERT(again.next == one.next);
        }
        if (std::holds_alternative<DefinitionRead>(what) && one.next.votes.empty()) newest_.clear();
        remember(what, one.reason);
        check_flapping(before, one);
        check_standing(one.next, watched.definition);
        for (const auto& effect : one.effects) {
            if (const auto* joins = std::get_if<Joins>(&effect); joins != nullptr && joins->scope == Scope::outage) {
                RC_ASSERT(plainly_down(one.next, watched.definition, now_));
                // No page after a newer state: each vote is the newest that its region was heard to say.
                for (const auto& vote : one.next.votes) {
                    const auto newest = newest_.find(vote.region);
                    RC_ASSERT(newest != newest_.end());
                    RC_ASSERT(std::tie(vote.slot, vote.attempt) == std::tie(newest->second.slot, newest->second.attempt));
                    RC_ASSERT(vote.verdict == newest->second.verdict);
                }
                RC_ASSERT(joins->failing_since <= now_);
                for (const auto region : joins->regions) RC_ASSERT(watched.definition.counts(region));
                RC_ASSERT(!joins->regions.empty());
            }
            if (const auto* changed = std::get_if<Changed>(&effect)) RC_ASSERT(changed->from != changed->to);
            if (const auto* confirm = std::get_if<Confirm>(&effect)) {
                RC_ASSERT(one.next.suspicion.has_value());
                for (const auto& ask : confirm->asks) {
                    RC_ASSERT(ask.attempt >= 1 && ask.not_after > ask.not_before);
                    RC_ASSERT(watched.definition.voter(ask.region) != nullptr);
                    RC_ASSERT(watched.definition.counts(ask.region));
                }
            }
        }
        const auto read = read_state(write_state(one.next));
        RC_ASSERT(read.ok() && *read == one.next);
        world_.happens(0, now_, what);
        if (watched.definition.activity != Activity::active) {
            RC_ASSERT(!watched.state.advisory && !watched.state.suspicion && !watched.state.in_outage && !watched.state.in_warning);
            for (const auto& incident : world_.incidents) RC_ASSERT(incident.state == IncidentState::resolved);
        }
        check_incidents();
    }

    // What the region has said last, of what could be a vote when it came.
    void remember(const decltype(Event::what)& what, Reason reason) {
        const auto* result = std::get_if<ResultSeen>(&what);
        if (result == nullptr || result->verdict == check::Verdict::unknown) return;
        if (reason == Reason::not_watched || reason == Reason::vote_from_stranger || reason == Reason::vote_late) return;
        auto& newest = newest_[result->region];
        if (std::tie(result->slot, result->attempt) > std::tie(newest.slot, newest.attempt)) newest = *result;
    }

    // It begins with a fall and ends with what closes everything, and each is told once.
    static void check_flapping(const MonitorState& before, const Decision& decision) {
        int balance = before.flaps.since ? 1 : 0;
        for (const auto& effect : decision.effects) {
            if (std::holds_alternative<FlappingBegan>(effect)) RC_ASSERT(++balance == 1);
            if (std::holds_alternative<FlappingEnded>(effect)) RC_ASSERT(--balance == 0);
        }
        const auto& next = decision.next;
        RC_ASSERT(balance == (next.flaps.since ? 1 : 0));
        RC_ASSERT(!next.flaps.since || next.known == Known::down || next.known == Known::degraded);
        RC_ASSERT(next.flaps.changes.size() <= 20 && next.flaps.outages.size() <= 20);
    }

    // What does not count is in nothing that is decided.
    static void check_standing(const MonitorState& next, const Definition& definition) {
        if (next.counted_under.hash != definition.standing_hash || next.activity != Activity::active) return;
        if (next.advisory) {
            for (const auto region : next.advisory->regions) RC_ASSERT(definition.counts(region));
        }
        if (next.suspicion) {
            RC_ASSERT(definition.counts(next.suspicion->first));
            RC_ASSERT(!next.suspicion->held_since || next.suspicion->deadline <= *next.suspicion->held_since + definition.hold * 4);
        }
    }

    void check_incidents() {
        std::map<Scope, int> open;
        for (const auto& incident : world_.incidents) {
            if (incident.state != IncidentState::resolved) {
                RC_ASSERT(++open[incident.scope] == 1);
                RC_ASSERT(incident.has(MonitorId{1}));
            } else {
                RC_ASSERT(incident.resolved_at.has_value() && *incident.resolved_at >= incident.opened_at);
                RC_ASSERT(!incident.has(MonitorId{1}));
            }
            RC_ASSERT(incident.failing_since <= incident.opened_at);
            auto& last = seqs_[incident.id];
            RC_ASSERT(incident.seq >= last);
            last = incident.seq;
        }
        RC_ASSERT(world_.advisories_open.size() <= 1);
    }

    test::World world_;
    std::map<IncidentId, std::int64_t> seqs_;
    std::map<RegionId, ResultSeen> newest_;
    TimePoint now_ = kStart;
};

// What rapidcheck found wrong, if anything, is printed by it.
template <class Property>
void holds(const char* name, Property property) {
    setenv("RC_PARAMS", "max_success=1000", 0);  // a given one goes first
    CHECK(rc::check(name, std::move(property)));
}

}  // namespace

}  // namespace property_test

namespace rc {
template <>
struct Arbitrary<property_test::Happening> {
    static Gen<property_test::Happening> arbitrary() { return property_test::happening(); }
};
}  // namespace rc

namespace property_test {

TEST_CASE("whatever happens, decisions are determined, told once, and open nothing without a quorum") {
    holds("invariants", [] {
        Watcher watcher(*definition());
        for (const auto& it : *rc::gen::container<std::vector<Happening>>(happening())) watcher.happens(it);
    });
}

TEST_CASE("a round of results decides the same in whatever order it arrives") {
    holds("order", [] {
        const auto regions = *whole(1, 5);
        std::vector<std::string> domains;
        for (int i = 0; i < regions; ++i) domains.push_back(fmt::format("own{}", i));
        std::vector<ResultSeen> round;
        const auto now = kStart + seconds{30};
        for (int i = 1; i <= regions; ++i) {
            auto seen = result_of({.region = i, .verdict = *rc::gen::element(0, 2)}, now);
            seen.started_at = now - milliseconds{*whole(0, 500)};
            round.push_back(seen);
        }
        auto shuffled = round;
        std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
        const auto run = [&](const std::vector<ResultSeen>& results) {
            test::World world;
            world.add(test::definition_with(domains));
            for (int i = 1; i <= regions; ++i) world.happens(0, kStart, result_of({.region = i, .verdict = 0}, kStart));
            for (const auto& seen : results) world.happens(0, now, seen);
            return std::pair(world.monitor(0).state, world.incidents.size());
        };
        const auto one = run(round);
        const auto two = run(shuffled);
        RC_ASSERT(one.first.votes == two.first.votes);
        RC_ASSERT(one.first.known == two.first.known);
        RC_ASSERT(one.second == two.second);
    });
}

TEST_CASE("results that come again, in between others and later, change nothing") {
    holds("duplicates", [] {
        auto made = *definition();
        const auto happenings = *rc::gen::container<std::vector<Happening>>(happening());
        const auto run = [&](bool twice) {
            test::World world;
            world.add(made);
            auto now = kStart;
            std::string text;
            std::vector<ResultSeen> seen;
            for (const auto& it : happenings) {
                now += milliseconds{it.after_ms % 5000};
                auto result = result_of(it, now);
                // A verdict of unknown is no vote, so nothing keeps it; the engine's result table does.
                if (result.verdict == check::Verdict::unknown) continue;
                text += world.happens(0, now, result) + "\n";
                seen.push_back(result);
                if (!twice) continue;
                for (const auto& old : seen) {
                    const auto again = world.happens(0, now, old);
                    RC_ASSERT(again.find(';') == std::string::npos);
                }
            }
            return std::pair(world.monitor(0).state, world.incidents.size());
        };
        const auto once = run(false);
        const auto twice = run(true);
        RC_ASSERT(once.first.votes == twice.first.votes);
        RC_ASSERT(once.first.known == twice.first.known);
        RC_ASSERT(once.second == twice.second);
    });
}

}  // namespace property_test

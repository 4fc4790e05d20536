// Suppression: what holds whatever happens. Creation alone is suppressed, never what is seen, never the end, and nothing for ever.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/unit/decision/world.h"

namespace suppression_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

const TimePoint kStart = from_unix_ms(1'000'000'200'000);
constexpr int kMonitors = 4;

struct Happening {
    int after_ms = 0;
    int kind = 0;  // 0 to 15 a result, then a window begins or ends, an edge goes or comes, pause, resume, acknowledge, a group begins or ceases to speak
    int monitor = 0;
    int region = 1;
    int verdict = 0;
};

std::ostream& operator<<(std::ostream& out, const Happening& it) {
    return out << fmt::format("{{+{} ms kind {} monitor {} region {} verdict {}}}", it.after_ms, it.kind, it.monitor, it.region, it.verdict);
}

rc::Gen<Happening> happening() {
    return rc::gen::build<Happening>(rc::gen::set(&Happening::after_ms, rc::gen::inRange(0, 8000)), rc::gen::set(&Happening::kind, rc::gen::inRange(0, 26)),
                                     rc::gen::set(&Happening::monitor, rc::gen::inRange(0, kMonitors)), rc::gen::set(&Happening::region, rc::gen::inRange(1, 4)),
                                     rc::gen::set(&Happening::verdict, rc::gen::weightedElement<int>({{4, 0}, {1, 1}, {6, 2}})));
}

void fill(test::World& world, bool chained) {
    world.listening_since = kStart;
    for (int i = 0; i < kMonitors; ++i) {
        auto definition = test::definition_with({"a", "b", "c"});
        definition.monitor = MonitorId{i + 1};
        definition.name = fmt::format("m{}", i);
        world.add(definition);
    }
    if (!chained) return;
    world.relations.depends(node_of(MonitorId{2}), node_of(MonitorId{1}));
    world.relations.depends(node_of(MonitorId{3}), node_of(MonitorId{2}));
}

// Two worlds see the same; one of them has windows and dependencies.
struct Pair {
    test::World muted;
    test::World loud;
    TimePoint now = kStart;
    bool chained = true;
    bool quiet = false;

    Pair() {
        fill(muted, true);
        fill(loud, false);
    }

    void tick(test::World& world, TimePoint until) {
        TimePoint at = now;
        int ticks = 0;
        while (const auto due = world.next_tick(at)) {
            if (due->first > until) break;
            at = std::max(at, due->first);
            world.happens(due->second, at, Tick{kStart});
            RC_ASSERT(++ticks < 400);
        }
    }

    void result(int monitor, int region, int verdict) {
        ResultSeen seen;
        seen.region = static_cast<RegionId>(region);
        seen.slot = from_unix_ms(to_unix_ms(now) / 30'000 * 30'000);
        seen.attempt = static_cast<int>(to_unix_ms(now) % 30'000);
        seen.started_at = now;
        seen.verdict = static_cast<check::Verdict>(verdict);
        seen.cause = verdict == 0 ? check::FailureClass::none : check::FailureClass::reset;
        muted.happens(monitor, now, seen);
        loud.happens(monitor, now, seen);
    }

    void relate(bool on) {
        muted.relations.clear();
        if (on) {
            muted.relations.depends(node_of(MonitorId{2}), node_of(MonitorId{1}));
            muted.relations.depends(node_of(MonitorId{3}), node_of(MonitorId{2}));
        }
        if (quiet) {
            GroupDefinition group;
            group.id = GroupId{1000};
            group.site = SiteId{1};
            group.name = "group";
            group.needed = 2;
            group.quiet_members = true;
            group.members = {MonitorId{1}, MonitorId{2}, MonitorId{3}};
            muted.relations.put_group(std::move(group));
        }
        muted.settle(now);
    }

    void happens(const Happening& it) {
        const auto until = now + milliseconds{it.after_ms};
        tick(muted, until);
        tick(loud, until);
        now = until;
        std::vector<bool> in_before;
        for (int i = 0; i < kMonitors; ++i) in_before.push_back(muted.monitor(i).state.in_outage);
        if (it.kind <= 15) result(it.monitor, it.region, it.verdict);
        if (it.kind == 16 || it.kind == 17) muted.windows[it.monitor] = WindowId{it.kind};
        if (it.kind == 18 || it.kind == 19) muted.windows.erase(it.monitor);
        if (it.kind == 20) relate(chained = !chained);
        if (it.kind == 21 || it.kind == 22) {
            for (auto* world : {&muted, &loud}) {
                world->monitor(it.monitor).definition.activity = it.kind == 21 ? Activity::paused : Activity::active;
                world->happens(it.monitor, now, DefinitionRead{});
            }
        }
        if (it.kind >= 24) {
            quiet = !quiet;
            relate(chained);
        }
        if (it.kind == 23) muted.command(now, Scope::outage, {Action::acknowledge, "ann", "", {}});
        muted.settle(now);
        check(in_before);
    }

    void check(const std::vector<bool>& in_before) {
        std::map<Scope, int> open;
        for (const auto& incident : muted.incidents) {
            if (incident.state != IncidentState::resolved) RC_ASSERT(++open[incident.scope] == 1);
        }
        for (int i = 0; i < kMonitors; ++i) {
            const auto& state = muted.monitor(i).state;
            if (!muted.monitor(i).seen) continue;
            const auto& other = loud.monitor(i).state;
            // Never monitoring.
            RC_ASSERT(state.votes == other.votes && state.known == other.known && state.covered == other.covered && state.suspicion == other.suspicion);
            // Never resolution.
            if (state.known != Known::down) {
                RC_ASSERT(!state.in_outage && !state.muting->outage);
                for (const auto& incident : muted.incidents) RC_ASSERT(incident.scope != Scope::outage || !incident.has(muted.monitor(i).definition.monitor));
            } else if (state.activity == Activity::active) {
                RC_ASSERT(state.in_outage != state.muting->outage.has_value());  // told or remembered, never both, never neither
            }
            // Creation, in maintenance and behind a parent that is down.
            const auto around = muted.around(i);
            if (state.in_outage && !in_before[static_cast<std::size_t>(i)]) RC_ASSERT(!around.window && !around.parent && !around.quiet);
            // Transitive through state.
            if (i == 2 && chained && muted.around(1).parent && muted.monitor(1).state.activity == Activity::active && muted.monitor(1).seen) RC_ASSERT(around.parent.has_value());
            const auto read = read_state(write_state(state));
            RC_ASSERT(read.ok() && *read == state);
        }
    }

    // Everything that suppresses ends; the regions see once more what they saw last.
    void comes_to_an_end() {
        muted.windows.clear();
        quiet = false;
        relate(chained = false);
        for (int round = 0; round < 2; ++round) {
            now += seconds{30};
            for (int i = 0; i < kMonitors; ++i) {
                const auto votes = muted.monitor(i).state.votes;
                for (const auto& vote : votes) result(i, static_cast<int>(vote.region), static_cast<int>(vote.verdict));
            }
        }
        for (int i = 0; i < kMonitors; ++i) {
            const auto& one = muted.monitor(i);
            if (!one.seen || one.state.activity != Activity::active || one.state.known != Known::down || !one.state.covered) continue;
            if (tally(one.state.votes, one.definition, now).outcome != Outcome::down) continue;
            RC_ASSERT(one.state.in_outage);
        }
    }
};

MonitorState withheld_state() {
    MonitorState state;
    state.muting.edit().window = WindowId{7};
    state.muting.edit().outage = Withheld{.by = Cover::dependency, .source = 9, .source_kind = NodeKind::group, .root = node_of(SiteId{3}), .reason = 4,
                                   .failing_since = kStart, .lifted = true, .votes_since = kStart, .hold_until = kStart + seconds{1}, .ask_again_at = kStart};
    state.muting.edit().warning = Withheld{};
    state.muting.edit().advisory_noted = true;
    return state;
}

Dependencies shop() {
    Dependencies graph;
    for (int i = 1; i <= 3; ++i) graph.place(MonitorId{i}, SiteId{10});
    for (int i = 4; i <= 6; ++i) graph.place(MonitorId{i}, SiteId{20});
    GroupDefinition group;
    group.id = GroupId{100};
    group.site = SiteId{20};
    group.members = {MonitorId{4}, MonitorId{5}};
    graph.put_group(group);
    return graph;
}

}  // namespace

TEST_CASE("suppression never stops what is seen, never an end, and lasts no longer than its reason") {
    const bool holds = rc::check([] {
        const auto stream = *rc::gen::resize(200, rc::gen::container<std::vector<Happening>>(happening()));
        Pair pair;
        for (const auto& it : stream) pair.happens(it);
        pair.comes_to_an_end();
    });
    CHECK(holds);
}

TEST_CASE("what is withheld survives its text form") {
    const auto state = withheld_state();
    const auto read = read_state(write_state(state));
    REQUIRE(read.ok());
    CHECK(*read == state);
    CHECK_FALSE(read_state(R"({"known":"up","since":1,"watched_since":1,"spec_hash":"0000000000000000","voters_hash":"0000000000000000",)"
                           R"("muting":{"outage":{"by":"mood"}},"votes":[]})"));
}

TEST_CASE("dependencies that close a circle are found, with the way") {
    auto graph = shop();
    graph.depends(node_of(MonitorId{2}), node_of(MonitorId{1}));
    graph.depends(node_of(MonitorId{3}), node_of(MonitorId{2}));
    const auto way = graph.circle_with(node_of(MonitorId{1}), node_of(MonitorId{3}));
    REQUIRE(way);
    CHECK(*way == std::vector<Node>{node_of(MonitorId{1}), node_of(MonitorId{3}), node_of(MonitorId{2}), node_of(MonitorId{1})});
    CHECK(graph.circle_with(node_of(MonitorId{1}), node_of(MonitorId{1})));
    CHECK_FALSE(graph.circle_with(node_of(MonitorId{3}), node_of(MonitorId{1})));
    SUBCASE("through a site") {
        graph.depends(node_of(MonitorId{1}), node_of(SiteId{20}));
        CHECK(graph.circle_with(node_of(MonitorId{4}), node_of(MonitorId{3})));
        CHECK(graph.circle_with(node_of(SiteId{20}), node_of(SiteId{10})));
        CHECK(graph.circle_with(node_of(SiteId{20}), node_of(MonitorId{1})));
        CHECK_FALSE(graph.circle_with(node_of(SiteId{10}), node_of(MonitorId{4})));
    }
    SUBCASE("through a group") {
        graph.depends(node_of(MonitorId{1}), node_of(GroupId{100}));
        CHECK(graph.circle_with(node_of(MonitorId{4}), node_of(MonitorId{2})));
        CHECK(graph.circle_with(GroupId{100}, MonitorId{3}));
        CHECK_FALSE(graph.circle_with(GroupId{100}, MonitorId{6}));
        graph.depends(node_of(MonitorId{6}), node_of(GroupId{100}));
        CHECK(graph.circle_with(GroupId{100}, MonitorId{6}));
    }
    SUBCASE("but a site may depend on one of its own monitors, and on a group of them") {
        CHECK_FALSE(graph.circle_with(node_of(SiteId{10}), node_of(MonitorId{1})));
        CHECK_FALSE(graph.circle_with(node_of(SiteId{20}), node_of(GroupId{100})));
        graph.depends(node_of(SiteId{20}), node_of(GroupId{100}));
        CHECK(graph.parents_of(MonitorId{4}, SiteId{20}).empty());
        CHECK(graph.parents_of(MonitorId{6}, SiteId{20}) == std::vector<Node>{node_of(GroupId{100})});
    }
}

TEST_CASE("a group is down when even the rest cannot be enough") {
    GroupDefinition group;
    group.needed = 2;
    const auto member = [](Known known, bool counts = true, bool excused = false) {
        MemberSeen seen;
        seen.watched = true;
        seen.footing.known = known;
        seen.footing.counts = counts;
        seen.footing.excused = excused;
        return seen;
    };
    const auto shown = [&](std::vector<MemberSeen> members) { return decide(GroupState{}, group, members, false, kStart).next; };
    CHECK(shown({member(Known::up), member(Known::up), member(Known::up)}).shown == State::up);
    CHECK(shown({member(Known::up), member(Known::up), member(Known::down)}).shown == State::degraded);
    CHECK(shown({member(Known::up), member(Known::down), member(Known::down)}).shown == State::down);
    CHECK(shown({member(Known::up), member(Known::down), member(Known::up, false)}).shown == State::unknown);
    CHECK(shown({member(Known::up), member(Known::up), member(Known::up, false)}).shown == State::degraded);
    CHECK(shown({member(Known::pending, false), member(Known::pending, false)}).shown == State::pending);
    CHECK(shown({MemberSeen{}, MemberSeen{}}).shown == State::paused);
    CHECK_MESSAGE(shown({member(Known::up), MemberSeen{}}).shown == State::up, "one is paused: the other is all there is");
    const auto excused = shown({member(Known::up), member(Known::down, true, true)});
    CHECK(excused.shown == State::down);
    CHECK(excused.withheld);
    CHECK_FALSE(excused.in_outage);
    const auto read = read_group_state(write_state(excused));
    REQUIRE(read.ok());
    CHECK(*read == excused);
}

TEST_CASE("a group's incident ends when enough are known to be well, and not when they are out of sight") {
    GroupDefinition group;
    group.needed = 1;
    MemberSeen member;
    member.watched = true;
    member.footing = {true, Known::down, false, false, false};
    auto decision = decide(GroupState{}, group, std::vector{member}, false, kStart);
    CHECK(decision.joins);
    member.footing.counts = false;
    decision = decide(decision.next, group, std::vector{member}, false, kStart + seconds{1});
    CHECK_FALSE(decision.leaves);
    CHECK(decision.next.shown == State::unknown);
    member.footing = {true, Known::up, false, false, false};
    decision = decide(decision.next, group, std::vector{member}, false, kStart + seconds{2});
    CHECK(decision.leaves);
    SUBCASE("maintenance opens nothing, and ends nothing") {
        member.footing.known = Known::down;
        decision = decide(decision.next, group, std::vector{member}, true, kStart + seconds{3});
        CHECK_FALSE(decision.joins);
        CHECK(decision.next.shown == State::maintenance);
        decision = decide(decision.next, group, std::vector{member}, false, kStart + seconds{4});
        CHECK(decision.joins);
    }
}

}  // namespace suppression_test

// The order in which results arrive, and how often, makes no difference once they are all here; nor do two monitors of a site get in each other's way.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "lib/base/shard.h"
#include "tests/unit/decision/world.h"

namespace order_property_test {

using namespace sonde;
using namespace sonde::decision;

namespace {

constexpr TimePoint kStart = from_unix_ms(1'000'000'200'000);

// The same numbers on every machine, named by their seed when something fails.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::int64_t upto(std::int64_t most) { return static_cast<std::int64_t>(stable_hash(state_ += 0x9E3779B97F4A7C15ULL) % static_cast<std::uint64_t>(most + 1)); }
    bool one_in(std::int64_t n) { return upto(n - 1) == 0; }

private:
    std::uint64_t state_;
};

struct Arrival {
    TimePoint at;
    ResultSeen result;
};

Definition some_definition(Dice& dice) {
    std::vector<std::string> domains;
    for (std::int64_t i = 0, n = dice.upto(4); i <= n; ++i) domains.push_back(dice.one_in(4) ? "shared" : fmt::format("own{}", i));
    auto made = test::definition_with(domains);
    constexpr check::QuorumRule kRules[] = {check::QuorumRule::majority, check::QuorumRule::majority, check::QuorumRule::all, check::QuorumRule::any, check::QuorumRule::at_least};
    made.policy.quorum.rule = kRules[dice.upto(4)];
    if (made.policy.quorum.rule == check::QuorumRule::at_least) made.policy.quorum.at_least = static_cast<int>(1 + dice.upto(2));
    made.policy.recovery_rounds = static_cast<int>(1 + dice.upto(2));
    made.policy.confirm_attempts = static_cast<int>(1 + dice.upto(2));
    made.policy.flapping.enabled = false;  // what is damped stays bad for minutes
    return made;
}

ResultSeen result_of(int region, TimePoint slot, check::Verdict verdict, milliseconds after) {
    ResultSeen seen;
    seen.region = static_cast<RegionId>(region);
    seen.slot = slot;
    seen.started_at = slot + after;
    seen.verdict = verdict;
    if (verdict != check::Verdict::up) seen.cause = check::FailureClass::reset;
    return seen;
}

// Answers what was asked for, as a target does that every region sees as it did last; ticks come when they are due.
class Site {
public:
    explicit Site(const Definition& definition) {
        world_.listening_since = kStart;
        world_.add(definition);
    }

    void arrives(const Arrival& arrival) {
        tick_until(arrival.at);
        now_ = std::max(now_, arrival.at);
        world_.happens(0, now_, arrival.result);
        ++events_;
    }

    // Full rounds in which every region sees what it is told to see, and all questions are answered.
    void settle(TimePoint from, const std::vector<check::Verdict>& seen, int rounds) {
        const auto regions = static_cast<int>(seen.size());
        for (int round = 0; round < rounds; ++round) {
            const auto slot = from + seconds{30 * round};
            for (int region = 1; region <= regions; ++region) {
                arrives({slot + milliseconds{10 * region}, result_of(region, slot, seen[static_cast<std::size_t>(region) - 1], milliseconds{5 * region})});
                answer(seen);
            }
        }
    }

    test::World& world() { return world_; }
    [[nodiscard]] long events() const { return events_; }

private:
    void answer(const std::vector<check::Verdict>& seen) {
        for (int rounds = 0; rounds < 8 && !world_.last_asked.empty(); ++rounds) {
            auto asked = std::move(world_.last_asked);
            world_.last_asked.clear();
            for (const auto& confirm : asked) {
                for (const auto& ask : confirm.asks) {
                    if (ask.not_after < now_) continue;  // as agents do
                    auto result = result_of(static_cast<int>(ask.region), confirm.slot, seen.at(static_cast<std::size_t>(ask.region) - 1), milliseconds{0});
                    result.attempt = ask.attempt;
                    const auto at = std::max(now_, ask.not_before) + milliseconds{20};
                    result.started_at = at - milliseconds{10};
                    arrives({at, result});
                }
            }
        }
    }

    void tick_until(TimePoint until) {
        while (const auto due = world_.next_tick(now_)) {
            if (due->first > until) break;
            now_ = std::max(now_, due->first);
            world_.happens(due->second, now_, Tick{world_.listening_since, now_});
            ++events_;
        }
    }

    test::World world_;
    TimePoint now_ = kStart;
    long events_ = 0;
};

// Some rounds in which every region sees what it likes.
std::vector<Arrival> some_rounds(Dice& dice, int regions) {
    std::vector<Arrival> arrivals;
    for (std::int64_t round = 0, rounds = 1 + dice.upto(7); round < rounds; ++round) {
        for (int region = 1; region <= regions; ++region) {
            if (dice.one_in(8)) continue;
            const auto verdict = static_cast<check::Verdict>(dice.one_in(4) ? dice.upto(3) : dice.one_in(2) ? 2 : 0);
            const auto slot = kStart + seconds{30 * round};
            auto result = result_of(region, slot, verdict, milliseconds{dice.upto(400)});
            result.attempt = dice.one_in(6) ? 1 : 0;
            arrivals.push_back({slot + milliseconds{500 + dice.upto(200)}, result});
        }
    }
    std::stable_sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
    return arrivals;
}

// Delays them by up to the window, so that they overtake each other, and repeats some.
std::vector<Arrival> muddled(Dice& dice, std::vector<Arrival> arrivals, milliseconds window) {
    const auto count = arrivals.size();
    for (std::size_t i = 0; i < count; ++i) {
        arrivals[i].at += milliseconds{dice.upto(window.count())};
        if (dice.one_in(3)) arrivals.push_back({arrivals[i].at + milliseconds{dice.upto(window.count())}, arrivals[i].result});
    }
    std::stable_sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
    return arrivals;
}

}  // namespace

TEST_CASE("results that overtake each other within a window, and come twice, lead to the same votes and in the end to the same verdict") {
    long events = 0;
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        CAPTURE(seed);
        Dice dice(seed);
        const auto definition = some_definition(dice);
        const auto regions = static_cast<int>(definition.voters.size());
        const auto straight = some_rounds(dice, regions);
        // Below half an interval, so that none is late by it.
        const auto crooked = muddled(dice, straight, seconds{12});
        std::vector<check::Verdict> seen;
        for (int i = 0; i < regions; ++i) seen.push_back(dice.one_in(3) ? check::Verdict::down : check::Verdict::up);

        Site one(definition);
        Site two(definition);
        for (const auto& arrival : straight) one.arrives(arrival);
        for (const auto& arrival : crooked) two.arrives(arrival);
        const auto key = [](const MonitorState& state) {
            std::vector<std::tuple<RegionId, Slot, int, check::Verdict>> votes;
            for (const auto& vote : state.votes) votes.emplace_back(vote.region, vote.slot, vote.attempt, vote.verdict);
            return votes;
        };
        CHECK(key(one.world().monitor(0).state) == key(two.world().monitor(0).state));

        const auto from = kStart + seconds{30 * 12};
        one.settle(from, seen, 6);
        two.settle(from, seen, 6);
        const auto& a = one.world().monitor(0).state;
        const auto& b = two.world().monitor(0).state;
        const auto outcome = tally(a.votes, definition, from + seconds{151}).outcome;
        // A tie keeps the state: then what came before counts, in whatever order that was seen.
        if (outcome == Outcome::down) CHECK((a.known == Known::down && b.known == Known::down && a.in_outage && b.in_outage));
        if (outcome == Outcome::up) CHECK((a.known == Known::up && b.known == Known::up && !a.in_outage && !b.in_outage));
        events += one.events() + two.events();
    }
    CHECK(events > 200'000);
    MESSAGE(events << " events");
}

TEST_CASE("an outage that every region sees is opened within its own round, and a recovery closed in as many as it takes, after whatever came before") {
    long events = 0;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        CAPTURE(seed);
        Dice dice(seed * 7919);
        const auto definition = some_definition(dice);
        const auto regions = definition.voters.size();
        Site site(definition);
        for (const auto& arrival : muddled(dice, some_rounds(dice, static_cast<int>(regions)), seconds{12})) site.arrives(arrival);
        const auto from = kStart + seconds{30 * 12};
        site.settle(from, std::vector(regions, check::Verdict::down), 1);
        CHECK(site.world().monitor(0).state.in_outage);
        site.settle(from + seconds{30}, std::vector(regions, check::Verdict::up), definition.policy.recovery_rounds);
        CHECK(!site.world().monitor(0).state.in_outage);
        CHECK(!site.world().monitor(0).state.in_warning);
        int open = 0;
        for (const auto& incident : site.world().incidents) open += incident.state != IncidentState::resolved ? 1 : 0;
        CHECK(open == 0);
        events += site.events();
    }
    MESSAGE(events << " events");
}

TEST_CASE("of a site with several monitors at most one incident a scope is open, of exactly those that fail, and each is closed after it was opened") {
    long events = 0;
    for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
        CAPTURE(seed);
        Dice dice(seed * 104'729);
        test::World world;
        world.listening_since = kStart;
        const auto monitors = static_cast<int>(1 + dice.upto(3));
        for (int i = 0; i < monitors; ++i) {
            auto definition = some_definition(dice);
            definition.monitor = MonitorId{i + 1};
            definition.name = fmt::format("m{}", i + 1);
            definition.severity = static_cast<Severity>(dice.upto(2));
            definition.revision = 1;
            world.add(std::move(definition));
        }
        auto now = kStart;
        std::map<IncidentId, std::int64_t> seqs;
        for (int step = 0; step < 120; ++step) {
            now += milliseconds{dice.one_in(10) ? dice.upto(60'000) : dice.upto(3'000)};
            const auto index = static_cast<int>(dice.upto(monitors - 1));
            auto& watched = world.monitor(index);
            auto& definition = watched.definition;
            if (const auto due = world.next_tick(now); due && due->first <= now) world.happens(due->second, now, Tick{world.listening_since, now});
            const auto kind = dice.upto(30);
            if (kind == 0) {
                definition.activity = definition.activity == Activity::active ? Activity::paused : Activity::active;
                world.happens(index, now, DefinitionRead{});
            } else if (kind == 1) {
                ++definition.spec_hash;
                ++definition.revision;
                world.happens(index, now, DefinitionRead{});
            } else {
                const auto slot = from_unix_ms(to_unix_ms(now) / 30'000 * 30'000);
                const auto region = static_cast<int>(1 + dice.upto(static_cast<std::int64_t>(definition.voters.size()) - 1));
                const auto verdict = static_cast<check::Verdict>(dice.one_in(6) ? dice.upto(3) : step / 30 % 2 == 0 ? 2 : 0);
                auto result = result_of(region, slot, verdict, now - slot);
                result.attempt = static_cast<int>(dice.upto(3));
                result.revision = dice.one_in(8) ? definition.revision - 1 : definition.revision;
                world.happens(index, now, result);
            }
            ++events;

            std::map<Scope, int> open;
            for (const auto& incident : world.incidents) {
                auto& seq = seqs[incident.id];
                CHECK(incident.seq >= seq);
                CHECK(incident.version == incident.seq);
                seq = incident.seq;
                CHECK(incident.opened_at <= now);
                if (incident.state == IncidentState::resolved) {
                    CHECK(*incident.resolved_at >= incident.opened_at);
                    for (const auto& member : incident.members) CHECK(member.left_at.has_value());
                    continue;
                }
                CHECK(++open[incident.scope] == 1);
                for (int i = 0; i < monitors; ++i) {
                    const auto& state = world.monitor(i).state;
                    const bool takes_part = incident.scope == Scope::outage ? state.in_outage : state.in_warning;
                    CHECK(incident.has(MonitorId{i + 1}) == takes_part);
                }
            }
            for (int i = 0; i < monitors; ++i) {
                const auto& state = world.monitor(i).state;
                if (state.in_outage) CHECK(open[Scope::outage] == 1);
                if (state.in_warning) CHECK(open[Scope::warning] == 1);
                // A vote by a spec that was edited since would be one of another target.
                if (state.in_outage && state.known != Known::down) CHECK_MESSAGE(false, "takes part in an outage, and is not down");
            }
        }
    }
    CHECK(events >= 180'000);
    MESSAGE(events << " events");
}

}  // namespace order_property_test

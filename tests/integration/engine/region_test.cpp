// Regions that are ill, as two engines find them out; and what people say about regions and advisories.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/check/policy.h"
#include "tests/integration/engine/stage.h"

namespace region_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

// Sites with a monitor each, over all shards, seen well by all regions in slot 0.
struct Country {
    Stage stage;
    std::vector<MonitorId> monitors;
    std::vector<std::unique_ptr<engine::EngineApp>> engines;

    // `policy` is that of all these, from before the engines start.
    explicit Country(int sites, int engines_wanted = 1, const Json& policy = {}) {
        stage.config.arbitration.release_after = seconds{1};
        stage.config.hold = seconds{60};
        for (int i = 0; i < sites; ++i) {
            const auto name = "site " + std::to_string(i);
            monitors.push_back(stage.monitor(stage.site(name), name));
            if (!policy.is_null()) set_policy(monitors.back(), policy);
        }
        for (int i = 0; i < engines_wanted; ++i) engines.push_back(stage.engine());
    }

    // A site with a monitor of its own kind.
    MonitorId add(const std::string& name, std::vector<std::string> regions, const Json& policy) {
        const auto monitor = stage.monitor(stage.site(name), name, std::move(regions));
        set_policy(monitor, policy);
        return monitor;
    }
    void set_policy(MonitorId monitor, const Json& policy) {
        json::Problems problems;
        stage.run("update monitor set policy = $2 where id = $1", {monitor, json::dump(check::write_policy(check::read_policy(policy, "", problems)))});
        REQUIRE(problems.empty());
    }

    void see(const std::vector<MonitorId>& which, int n, const std::string& region, Verdict verdict, int attempt = 0) {
        std::vector<Report> reports;
        for (const auto monitor : which) {
            reports.push_back({.region = region, .monitor = monitor, .slot = stage.slot(n), .verdict = verdict,
                               .cause = verdict == Verdict::up ? FailureClass::none : FailureClass::connect_timeout, .attempt = attempt});
        }
        stage.report(reports);
    }
    void see(int n, const std::string& region, Verdict verdict) { see(monitors, n, region, verdict); }

    void all_up(int n) {
        for (const auto* region : {"eu", "us", "ap"}) see(n, region, Verdict::up);
        const auto sites = static_cast<std::int64_t>(monitors.size());
        REQUIRE(eventually([&] { return stage.count("select count(*) from monitor_state where state = 'up'") >= sites; }));
        // Two regions are enough for that; shards that change hands under way are told in another order.
        REQUIRE(eventually([&] { return stage.count("select count(*) from result where slot = $1", {stage.slot(n)}) >= 3 * sites; }));
    }
    // eu breaks: everything fails there, and is well elsewhere.
    void eu_breaks(int n) {
        see(n, "eu", Verdict::down);
        see(n, "us", Verdict::up);
        see(n, "ap", Verdict::up);
    }
    std::string health(const std::string& region) {
        return stage.text("select h.health || ' ' || h.ground from region_health h join region r on r.id = h.region_id where r.name = $1", {region});
    }
    std::int64_t told(const std::string& kind) { return stage.count("select count(*) from outbox where kind = $1", {kind}); }
    std::string ask(const std::string& subject, std::int64_t id, const std::string& action) {
        const auto command = stage.count("insert into voting_command (subject, subject_id, action, actor, comment) values ($1, $2, $3, 'token:ann', 'why')"
                                         " returning id", {subject, id, action});
        stage.run("select pg_notify('sonde_command', '')");
        REQUIRE(eventually([&] { return !stage.text("select outcome from voting_command where id = $1", {command}).empty(); }));
        return stage.text("select outcome from voting_command where id = $1", {command});
    }
    std::int64_t region(const std::string& name) { return stage.count("select id from region where name = $1", {name}); }
};

}  // namespace

TEST_CASE("a region in which many sites fail alone is quarantined once by two engines, pages nobody, and is released when it is well") {
    Country country(12, 2);
    auto& stage = country.stage;
    const auto alone = country.add("eu alone", {"eu"}, Json::object());
    const auto any = country.add("any", {}, {{"quorum", "any"}});
    REQUIRE(eventually([&] { return ready(*country.engines[0]) && ready(*country.engines[1]); }));
    country.all_up(0);
    country.see({alone, any}, 0, "eu", Verdict::up);
    country.see({any}, 0, "us", Verdict::up);
    country.see({any}, 0, "ap", Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(alone) == "up" && stage.state_of(any) == "up"; }));

    // Those that eu alone could open an outage for fail first, and are confirmed in place.
    for (int attempt = 0; attempt <= 2; ++attempt) country.see({alone, any}, 1, "eu", Verdict::down, attempt);
    country.see({any}, 1, "us", Verdict::up, 1);
    country.see({any}, 1, "ap", Verdict::up, 1);
    REQUIRE(eventually([&] { return stage.count("select count(*) from decision where reason = 'region_in_doubt'") == 2; }));
    country.eu_breaks(1);
    REQUIRE(eventually([&] { return country.health("eu") == "quarantined sites_failing_alone"; }));
    REQUIRE(eventually([&] { return stage.state_of(alone) == "unknown"; }));
    CHECK(stage.state_of(any) == "up");
    country.see(2, "eu", Verdict::down);
    country.see(2, "us", Verdict::up);
    country.see(2, "ap", Verdict::up);
    CHECK(country.told("region.quarantined") == 1);
    CHECK(country.told("incident.opened") == 0);
    CHECK(country.told("advisory.opened") == 0);
    CHECK(stage.text("select payload #>> '{region,name}' from outbox where kind = 'region.quarantined'") == "eu");
    CHECK(stage.count("select (payload #>> '{region,sites_alone}')::int from outbox where kind = 'region.quarantined'") >= 5);
    CHECK(stage.text("select string_agg(h, ' ') from (select distinct health h from region_health) x") == "quarantined");

    // What the others agree on still opens, without the vote of the ill region.
    const std::vector<MonitorId> one{country.monitors[0]};
    country.see(one, 3, "us", Verdict::down);
    country.see(one, 3, "ap", Verdict::down, 1);
    REQUIRE(eventually([&] { return country.told("incident.opened") == 1; }));
    CHECK(stage.text("select title from incident").ends_with("from us, ap"));
    CHECK(stage.text("select v ->> 'standing' from outbox, jsonb_array_elements(payload -> 'votes') v where kind = 'incident.opened' and v ->> 'region' = 'eu'") ==
          "quarantined");

    // eu is well again.
    country.see(4, "eu", Verdict::up);
    country.see({alone, any}, 4, "eu", Verdict::up);
    REQUIRE(eventually([&] { return country.health("eu") == "voting well_again"; }));
    // The engine of its shard may hear of a round before it hears of the release: then the next one counts.
    for (int round = 5; round <= 8; ++round) {
        country.see({alone}, round, "eu", Verdict::up);
        if (eventually([&] { return stage.state_of(alone) == "up"; })) break;
    }
    REQUIRE(stage.state_of(alone) == "up");
    CHECK(country.told("region.released") == 1);
    CHECK(country.told("region.quarantined") == 1);
    CHECK(country.told("incident.opened") == 1);
}

TEST_CASE("an engine dies while a region is quarantined: the other takes over, and releases it once") {
    Country country(8, 2);
    auto& stage = country.stage;
    REQUIRE(eventually([&] { return ready(*country.engines[0]) && ready(*country.engines[1]); }));
    country.all_up(0);
    country.eu_breaks(1);
    REQUIRE(eventually([&] { return country.health("eu") == "quarantined sites_failing_alone"; }));
    country.engines[0]->crash();
    country.see(2, "eu", Verdict::down);
    country.see(2, "us", Verdict::up);
    country.see(2, "ap", Verdict::up);
    REQUIRE(eventually([&] { return metric(*country.engines[1], "sonde_engine_owned_shards") == kShards; }));
    CHECK(country.health("eu") == "quarantined sites_failing_alone");
    country.see(3, "eu", Verdict::up);
    REQUIRE(eventually([&] { return country.health("eu") == "voting well_again"; }));
    CHECK(country.told("region.quarantined") == 1);
    CHECK(country.told("region.released") == 1);
    CHECK(stage.count("select count(*) from incident") == 0);
}

TEST_CASE("an outage that all regions see is an outage, of however many sites at once") {
    Country country(8, 2);
    country.all_up(0);
    for (const auto* region : {"eu", "us", "ap"}) country.see(1, region, Verdict::down);
    REQUIRE(eventually([&] { return country.told("incident.opened") == 8; }));
    CHECK(country.stage.count("select count(*) from region_health") == 0);
}

TEST_CASE("an outage that one region sees alone is told as soon as that region is seen to be well") {
    Country country(8);
    auto& stage = country.stage;
    const auto any = country.add("any", {}, {{"quorum", "any"}});
    country.all_up(0);
    for (const auto* region : {"eu", "us", "ap"}) country.see({any}, 0, region, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(any) == "up"; }));
    for (int attempt = 0; attempt <= 2; ++attempt) country.see({any}, 1, "eu", Verdict::down, attempt);
    REQUIRE(eventually([&] { return stage.count("select count(*) from decision where reason = 'region_in_doubt'") == 1; }));
    CHECK(country.told("incident.opened") == 0);
    // Results come all the time; the region's next ones clear it.
    int n = 2;
    REQUIRE(eventually([&] {
        country.see({country.monitors[0], country.monitors[1], country.monitors[2]}, n++, "eu", Verdict::up);
        return country.told("incident.opened") == 1;
    }));
    CHECK(stage.state_of(any) == "down");
    CHECK(metric(*country.engines[0], "sonde_engine_outages_held_total") == 1);
}

TEST_CASE("where too few sites are checked to judge a region by, an outage that it sees alone is told at once") {
    Country country(2);
    auto& stage = country.stage;
    const auto any = country.add("any", {}, {{"quorum", "any"}});
    for (const auto* region : {"eu", "us", "ap"}) country.see({any}, 0, region, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(any) == "up"; }));
    for (int attempt = 0; attempt <= 2; ++attempt) country.see({any}, 1, "eu", Verdict::down, attempt);
    REQUIRE(eventually([&] { return country.told("incident.opened") == 1; }));
}

TEST_CASE("two engines share few sites: while each has fewer than a judgement takes, an ill region pages for none of them") {
    Country country(6, 2, {{"quorum", "any"}});
    auto& stage = country.stage;
    REQUIRE(eventually([&] { return ready(*country.engines[0]) && ready(*country.engines[1]); }));
    country.all_up(0);
    // One after the other: the first waits while nobody can know yet.
    country.see({country.monitors[0]}, 1, "eu", Verdict::down);
    for (int attempt = 1; attempt <= 2; ++attempt) country.see({country.monitors[0]}, 1, "eu", Verdict::down, attempt);
    REQUIRE(eventually([&] { return stage.count("select count(*) from decision where reason = 'region_in_doubt'") == 1; }));
    REQUIRE(eventually([&] { return stage.count("select coalesce(sum(judgeable), 0) from region_report r join region g on g.id = r.region_id where g.name = 'eu'") >= 5; }));
    country.eu_breaks(1);
    REQUIRE(eventually([&] { return country.health("eu") == "quarantined sites_failing_alone"; }));
    CHECK(country.told("incident.opened") == 0);
}

TEST_CASE("two engines share fewer sites than could judge a region: what it sees alone is told when each has heard of the other") {
    Country country(3, 2, {{"quorum", "any"}});
    auto& stage = country.stage;
    REQUIRE(eventually([&] { return ready(*country.engines[0]) && ready(*country.engines[1]); }));
    country.all_up(0);
    for (int attempt = 0; attempt <= 2; ++attempt) country.see({country.monitors[0]}, 1, "eu", Verdict::down, attempt);
    REQUIRE(eventually([&] { return country.told("incident.opened") == 1; }));  // the hold is a minute
    CHECK(stage.state_of(country.monitors[0]) == "down");
}

TEST_CASE("a region is quarantined when its anchors fail") {
    Country country(2);
    auto& stage = country.stage;
    stage.run("update region set anchors = array[$1::bigint] where name = 'eu'", {country.monitors[0]});
    country.all_up(0);
    country.see({country.monitors[0]}, 1, "eu", Verdict::down);
    country.see({country.monitors[0]}, 1, "us", Verdict::up, 1);
    country.see({country.monitors[0]}, 1, "eu", Verdict::down, 1);
    REQUIRE(eventually([&] { return country.health("eu") == "quarantined anchors_failing"; }));
    CHECK(country.told("region.quarantined") == 1);
}

TEST_CASE("a person quarantines a region and releases it, and is named for it") {
    Country country(2);
    auto& stage = country.stage;
    country.all_up(0);
    const auto eu = country.region("eu");
    CHECK(country.ask("region", eu, "release") == "unchanged");
    CHECK(country.ask("region", eu, "quarantine") == "done");
    CHECK(country.ask("region", eu, "quarantine") == "unchanged");
    CHECK(country.health("eu") == "quarantined by_request");
    CHECK(stage.text("select payload ->> 'actor' from outbox where kind = 'region.quarantined'") == "token:ann");
    CHECK(stage.text("select payload ->> 'comment' from outbox where kind = 'region.quarantined'") == "why");
    // It fails where it does not count, and that is on record.
    country.see({country.monitors[0]}, 1, "eu", Verdict::down);
    REQUIRE(eventually([&] { return stage.text("select reason from decision where kind = 'suppressed'") == "vote_quarantined"; }));
    CHECK(country.ask("region", eu, "release") == "done");
    CHECK(country.health("eu") == "voting by_request");
    CHECK(country.told("region.released") == 1);
    CHECK(country.ask("region", 999, "quarantine") == "not_found");
}

TEST_CASE("an advisory is acknowledged, and muted until it closes") {
    Country country(1);
    auto& stage = country.stage;
    const auto monitor = country.monitors[0];
    stage.config.hold = milliseconds{0};
    country.engines[0] = stage.engine();
    country.all_up(0);
    for (int n = 1; n <= 2; ++n) {
        country.see({monitor}, n, "eu", Verdict::down);
        country.see({monitor}, n, "us", Verdict::up, 1);
        country.see({monitor}, n, "ap", Verdict::up, 1);
        country.see({monitor}, n, "eu", Verdict::down, 1);
    }
    REQUIRE(eventually([&] { return country.told("advisory.opened") == 1; }));
    const auto id = stage.count("select id from advisory");
    CHECK(country.ask("advisory", id, "acknowledge") == "done");
    CHECK(country.ask("advisory", id, "acknowledge") == "unchanged");
    CHECK(country.ask("advisory", id, "mute") == "done");
    CHECK(stage.text("select acknowledged_by || ' ' || muted_by || ' ' || comment from advisory") == "token:ann token:ann why");
    country.see({monitor}, 3, "eu", Verdict::up);
    REQUIRE(eventually([&] { return stage.count("select count(*) from advisory where closed_at is not null") == 1; }));
    CHECK(stage.text("select reason from advisory") == "nobody_failing");
    CHECK(country.told("advisory.closed") == 0);
    CHECK(country.told("advisory.acknowledged") == 1);
    CHECK(country.told("advisory.muted") == 1);
    CHECK(country.ask("advisory", id, "mute") == "conflict");
}

TEST_CASE("a monitor that flaps has one incident, marked in its timeline, until it is calm") {
    Country country(1);
    auto& stage = country.stage;
    const auto flaps = country.add("flaps", {}, {{"recovery_rounds", 1}, {"flapping", {{"changes", 3}, {"calm_ms", 60'000}}}});
    int n = 0;
    const auto round = [&](Verdict verdict) { stage.round(flaps, n++, verdict, verdict == Verdict::up ? FailureClass::none : FailureClass::reset); };
    const auto state = [&](const char* wanted) { REQUIRE(eventually([&] { return stage.state_of(flaps) == wanted; })); };
    round(Verdict::up);
    state("up");
    round(Verdict::down);
    state("down");
    round(Verdict::up);
    state("up");
    round(Verdict::down);
    state("down");
    REQUIRE(eventually([&] { return country.told("monitor.flapping_began") == 1; }));
    CHECK(stage.count("select count(*) from monitor_state where core like '%\"flaps\"%' and core::jsonb #>> '{flaps,since}' is not null") == 1);
    for (const auto verdict : {Verdict::up, Verdict::down, Verdict::up, Verdict::down, Verdict::up, Verdict::up}) round(verdict);
    CHECK(stage.state_of(flaps) == "down");
    round(Verdict::up);
    state("up");
    CHECK(country.told("monitor.flapping_ended") == 1);
    CHECK(country.told("incident.opened") == 2);
    CHECK(stage.text("select string_agg(kind, ' ' order by incident_id, seq) from incident_event") ==
          "opened monitor_left resolved opened flapping_began flapping_ended monitor_left resolved");
}

}  // namespace region_test

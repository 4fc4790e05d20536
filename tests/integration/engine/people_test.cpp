// What people do: commands on incidents, and changes of what is watched.
#include <doctest/doctest.h>

#include "tests/integration/engine/stage.h"

namespace people_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

struct Outage {
    Stage stage;
    SiteId site = stage.site("API");
    MonitorId monitor = stage.monitor(site, "API");
    std::unique_ptr<engine::EngineApp> engine = stage.engine();

    Outage() {
        stage.round(monitor, 0, Verdict::up);
        stage.round(monitor, 1, Verdict::down, FailureClass::http_status);
        REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
    }
    std::string incident() { return stage.text("select state from incident order by id desc limit 1"); }
    std::string asked_for(const std::string& action, std::optional<int> if_version = std::nullopt) {
        const auto number = stage.command(site, action, if_version);
        REQUIRE(eventually([&] { return !stage.outcome(number).empty(); }));
        return stage.outcome(number);
    }
};

}  // namespace

TEST_CASE("an incident is acknowledged, commented and resolved once, however often people ask") {
    Outage outage;
    CHECK(outage.asked_for("acknowledge", 99) == "stale");
    CHECK(outage.asked_for("acknowledge", 1) == "done");
    CHECK(outage.asked_for("acknowledge") == "unchanged");
    CHECK(outage.incident() == "acknowledged");
    CHECK(outage.stage.text("select acknowledged_by from incident") == "token:ann");
    CHECK(outage.asked_for("comment") == "done");
    CHECK(outage.asked_for("unacknowledge") == "done");
    CHECK(outage.asked_for("resolve") == "done");
    CHECK(outage.asked_for("resolve") == "unchanged");
    CHECK(outage.asked_for("acknowledge") == "conflict");
    CHECK(outage.asked_for("comment") == "done");
    CHECK(outage.incident() == "resolved");
    CHECK(outage.stage.told_of(outage.site) ==
          "incident.opened incident.acknowledged incident.commented incident.unacknowledged incident.resolved incident.commented");
    CHECK(outage.stage.count("select count(*) from (select seq, row_number() over (order by seq) n from incident_event) x where seq = n") == 6);
    CHECK(outage.stage.text("select data ->> 'comment' from incident_event where kind = 'commented' limit 1") == "on it");

    // It goes on failing: what a person resolved does not open again by itself. It does when it has been well in between.
    outage.stage.round(outage.monitor, 2, Verdict::down, FailureClass::http_status);
    for (int n = 3; n <= 4; ++n) outage.stage.round(outage.monitor, n, Verdict::up);
    REQUIRE(eventually([&] { return outage.stage.state_of(outage.monitor) == "up"; }));
    CHECK(outage.stage.count("select count(*) from incident") == 1);
    outage.stage.round(outage.monitor, 5, Verdict::down, FailureClass::http_status);
    REQUIRE(eventually([&] { return outage.stage.count("select count(*) from incident where state = 'open'") == 1; }));
}

TEST_CASE("a command on an incident that is not there is answered") {
    Outage outage;
    outage.stage.run("insert into incident_command (incident_id, shard, action, actor) values (42, 0, 'resolve', 'token:ann')");
    REQUIRE(eventually([&] { return outage.stage.text("select outcome from incident_command where incident_id = 42") == "not_found"; }));
}

TEST_CASE("pausing, deleting or switching off what fails resolves its incident and says why") {
    Outage outage;
    auto& stage = outage.stage;
    const auto reason = [&] { return stage.text("select reason from incident_event where kind = 'resolved'"); };
    SUBCASE("paused monitor") {
        stage.run("update monitor set paused = true, version = version + 1");
        REQUIRE(eventually([&] { return outage.incident() == "resolved"; }));
        CHECK(reason() == "monitor_paused");
        CHECK(stage.state_of(outage.monitor) == "paused");
        stage.run("update monitor set paused = false, version = version + 1");
        REQUIRE(eventually([&] { return stage.state_of(outage.monitor) == "pending"; }));
        stage.round(outage.monitor, 5, Verdict::up);
        REQUIRE(eventually([&] { return stage.state_of(outage.monitor) == "up"; }));
    }
    SUBCASE("deleted monitor") {
        stage.run("update monitor set deleted_at = now(), version = version + 1");
        REQUIRE(eventually([&] { return outage.incident() == "resolved"; }));
        CHECK(reason() == "monitor_deleted");
        CHECK(stage.count("select count(*) from monitor_state") == 0);
    }
    SUBCASE("deleted site") {
        stage.run("update site set deleted_at = now(), version = version + 1");
        REQUIRE(eventually([&] { return outage.incident() == "resolved"; }));
        CHECK(reason() == "site_deleted");
    }
    SUBCASE("inactive site") {
        stage.run("update site set active = false, version = version + 1");
        REQUIRE(eventually([&] { return outage.incident() == "resolved"; }));
        CHECK(reason() == "site_inactive");
    }
    SUBCASE("deleted while no engine was there") {
        outage.engine->stop();
        stage.run("update monitor set deleted_at = now(), version = version + 1");
        const auto successor = stage.engine();
        REQUIRE(eventually([&] { return outage.incident() == "resolved"; }));
        CHECK(reason() == "monitor_deleted");
    }
    SUBCASE("gone without a trace while no engine was there") {
        outage.engine->stop();
        stage.run("delete from monitor_state");
        stage.run("update monitor set deleted_at = now(), version = version + 1");
        const auto successor = stage.engine();
        REQUIRE(eventually([&] { return outage.incident() == "resolved"; }));
    }
    CHECK(stage.told_of(outage.site) == "incident.opened incident.resolved");
}

TEST_CASE("failures of several monitors of a site join one incident, which ends with the last of them") {
    Outage outage;
    auto& stage = outage.stage;
    const auto second = stage.monitor(outage.site, "Pages");
    stage.round(second, 1, Verdict::down, FailureClass::reset);
    REQUIRE(eventually([&] { return stage.state_of(second) == "down"; }));
    for (int n = 2; n <= 3; ++n) stage.round(outage.monitor, n, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(outage.monitor) == "up"; }));
    CHECK(outage.incident() == "open");
    for (int n = 2; n <= 3; ++n) stage.round(second, n, Verdict::up);
    REQUIRE(eventually([&] { return outage.incident() == "resolved"; }));
    CHECK(stage.told_of(outage.site) == "incident.opened incident.updated incident.updated incident.resolved");
    CHECK(stage.count("select count(*) from incident") == 1);
}

TEST_CASE("a region without a living agent is told once, and so is its return") {
    Stage stage;
    stage.config.agent_silence = milliseconds{2000};
    const auto site = stage.site("API");
    stage.monitor(site, "API");
    for (const auto* region : {"eu", "us", "ap"}) {
        stage.run("insert into agent (region, name, version, started_at, last_seen_at) values ($1, $1, '1', now(), now() + interval '1 hour')", {region});
    }
    stage.run("update region set created_at = now() - interval '1 hour'");
    const auto engine = stage.engine();
    const auto told = [&] { return stage.text("select string_agg(kind || ' ' || (payload -> 'coverage' ->> 'region'), ', ' order by id) from outbox"); };
    REQUIRE(eventually([&] { return stage.count("select count(*) from region_coverage where covered") == 3; }));
    stage.run("update agent set last_seen_at = now() - interval '1 minute' where region = 'ap'");
    REQUIRE(eventually([&] { return stage.text("select covered::text from region_coverage where region = 'ap'") == "false"; }));
    stage.run("update agent set last_seen_at = now() + interval '1 hour' where region = 'ap'");
    REQUIRE(eventually([&] { return told() == "coverage.lost ap, coverage.restored ap"; }));
    CHECK(stage.text("select site_id::text from outbox limit 1").empty());
    REQUIRE(eventually([&] { return stage.count("select count(*) from event_to_relay") == 0; }));
}

}  // namespace people_test

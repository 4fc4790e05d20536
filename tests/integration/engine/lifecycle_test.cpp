// Incidents by hand: what people ask through the table of commands, as the database and the outbox have it afterwards.
#include <doctest/doctest.h>

#include "lib/decision/incident_command.h"
#include "tests/integration/engine/stage.h"

namespace lifecycle_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;
using decision::Action;

namespace {

struct Desk {
    Stage stage;
    SiteId site = stage.site("Shop");

    // Writes the command down as the control plane does, and waits for the outcome: `done`, or `conflict: too_late`.
    std::string ask(IncidentId incident, decision::Command command) {
        command.actor = command.actor.empty() ? "token:ann" : command.actor;
        const auto number = stage.count(
            "insert into incident_command (incident_id, shard, action, actor, body, if_version) values ($1, $2, $3, $4, $5, $6) returning id",
            {incident, shard_of(site), name_of(command.action), command.actor, json::dump(decision::write_body(command)), command.if_version});
        stage.run("select pg_notify('sonde_command', '')");
        REQUIRE(eventually([&] { return !stage.outcome(number).empty(); }));
        const auto why = stage.text("select refusal from incident_command where id = $1", {number});
        return stage.outcome(number) + (why.empty() ? "" : ": " + why);
    }
    std::string open(IncidentId incident, std::vector<MonitorId> monitors = {}, SiteId of = {}) {
        decision::Opening opening{of ? of : site, decision::Scope::outage, "Orders stand"};
        opening.monitors = std::move(monitors);
        return ask(incident, {Action::open, {}, "reported", {}, opening});
    }
    std::string of(IncidentId incident, const std::string& column) {
        return stage.text("select " + column + "::text from incident where id = $1", {incident});
    }
    std::string timeline(IncidentId incident) {
        return stage.text("select string_agg(kind, ' ' order by seq) from incident_event where incident_id = $1", {incident});
    }
};

}  // namespace

TEST_CASE("an incident of a site without monitors is opened, worked on and ended by hand, and survives its engine") {
    Desk desk;
    auto& stage = desk.stage;
    stage.run("update site set tags = '{prod}'");
    auto engine = stage.engine();
    const auto incident = new_id<IncidentId>();
    CHECK(desk.open(incident) == "done");
    CHECK(desk.of(incident, "opened_by") == "token:ann");
    CHECK(desk.of(incident, "auto_resolve") == "false");
    CHECK(desk.open(incident) == "conflict: exists_already");
    CHECK(desk.open(new_id<IncidentId>()) == "conflict: another_is_open");
    CHECK(desk.open(new_id<IncidentId>(), {MonitorId{42}}) == "conflict: another_is_open");
    CHECK(desk.ask(incident, {Action::assign, {}, {}, {}, decision::Assignment{"bob"}}) == "done");
    CHECK(desk.ask(incident, {Action::set_severity, {}, "at night", {}, decision::SeverityWish{decision::Severity::minor}}) == "done");
    CHECK(desk.ask(incident, {Action::publish_update, {}, {}, {}, decision::UpdateDraft{0, decision::PublicStatus::identified, "A disk is full."}}) == "done");
    CHECK(desk.ask(incident, {Action::set_title, {}, {}, {}, decision::Retitling{"A disk is full"}}) == "done");

    // Another engine goes on where the first one ended.
    engine->stop();
    engine = stage.engine();
    CHECK(desk.ask(incident, {Action::edit_update, "token:bob", {}, {}, decision::UpdateDraft{1, decision::PublicStatus::monitoring, "It has room."}}) ==
          "forbidden: not_the_author");
    decision::Command edit{Action::edit_update, "token:bob", {}, {}, decision::UpdateDraft{1, decision::PublicStatus::monitoring, "It has room."}};
    edit.may_edit_others = true;
    CHECK(desk.ask(incident, edit) == "done");
    CHECK(desk.ask(incident, {Action::resolve, {}, "room", 5}) == "stale");
    CHECK(desk.ask(incident, {Action::resolve, {}, "room", {}}) == "done");
    CHECK(desk.ask(incident, {Action::write_postmortem, {}, {}, {}, decision::PostmortemDraft{"At noon.", "A log.", false}}) == "done");
    CHECK(desk.ask(incident, {Action::write_postmortem, {}, {}, {}, decision::PostmortemDraft{"At noon.", "A log.", true}}) == "done");
    CHECK(desk.ask(incident, {Action::reopen, {}, "again", {}, decision::Reopening{}}) == "done");
    CHECK(desk.of(incident, "state") == "open");
    CHECK(desk.of(incident, "reopened") == "1");
    CHECK(desk.of(incident, "severity") == "minor");
    CHECK(desk.of(incident, "worst_severity") == "critical");
    CHECK(desk.of(incident, "assigned_to") == "bob");
    CHECK(desk.of(incident, "title") == "A disk is full");
    CHECK(desk.ask(incident, {Action::delete_update, {}, {}, {}, decision::UpdateDraft{1, {}, {}}}) == "done");
    CHECK(desk.timeline(incident) ==
          "opened assigned severity_changed update_published title_changed update_edited resolved postmortem_written postmortem_written "
          "reopened update_deleted");
    CHECK(stage.told_of(desk.site) ==
          "incident.opened incident.assigned incident.severity_changed incident.update_published incident.updated incident.update_edited "
          "incident.resolved incident.postmortem_published incident.reopened incident.update_deleted");
    CHECK(stage.text("select status || ' ' || body || ' ' || (deleted_at is not null)::text from incident_update") == "monitoring It has room. true");
    CHECK(stage.text("select data -> 'from' ->> 'text' from incident_event where kind = 'update_edited'") == "A disk is full.");
    CHECK(stage.count("select count(*) from incident_postmortem") == 2);
    CHECK(stage.count("select count(*) from incident_event where actor in ('token:ann', 'token:bob') and reason = 'by_request'") == 11);

    // Its site's tags go with everything that is told of it: routes go by them.
    CHECK(stage.text("select string_agg(distinct payload ->> 'tags', ' ') from outbox where kind like 'incident.%'") == R"(["prod"])");

    // The site goes, and what is open of it ends.
    stage.run("update site set deleted_at = now(), version = version + 1");
    REQUIRE(eventually([&] { return desk.of(incident, "state") == "resolved"; }));
    CHECK(stage.text("select reason from incident_event where kind = 'resolved' order by seq desc limit 1") == "site_deleted");
    CHECK(desk.ask(incident, {Action::reopen, {}, {}, {}, decision::Reopening{}}) == "conflict: site_is_gone");
    CHECK(desk.open(new_id<IncidentId>()) == "conflict: site_is_gone");
}

TEST_CASE("a site that was deleted while no engine was there has nothing open afterwards") {
    Desk desk;
    auto engine = desk.stage.engine();
    const auto incident = new_id<IncidentId>();
    CHECK(desk.open(incident) == "done");
    engine->stop();
    desk.stage.run("update site set deleted_at = now(), version = version + 1");
    engine = desk.stage.engine();
    REQUIRE(eventually([&] { return desk.of(incident, "state") == "resolved"; }));
}

TEST_CASE("monitors join and leave an incident that a person opened, and do not end it") {
    Desk desk;
    auto& stage = desk.stage;
    const auto monitor = stage.monitor(desk.site, "API");
    const auto engine = stage.engine();
    stage.round(monitor, 0, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    const auto incident = new_id<IncidentId>();
    CHECK(desk.open(incident, {MonitorId{42}}) == "conflict: no_such_monitor");
    CHECK(desk.open(incident, {monitor}) == "done");
    CHECK(stage.text("select named::text from incident_monitor") == "true");
    stage.round(monitor, 1, Verdict::down, FailureClass::reset);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
    CHECK(stage.text("select named::text || ' ' || cause || ' ' || array_to_string(regions, ',') from incident_monitor").starts_with("false reset "));
    for (int n = 2; n <= 3; ++n) stage.round(monitor, n, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    CHECK(desk.of(incident, "state") == "open");
    CHECK(desk.timeline(incident) == "opened monitor_joined monitor_left");
    CHECK(stage.count("select count(*) from incident") == 1);
    CHECK(desk.ask(incident, {Action::resolve, {}, {}, {}}) == "done");
}

TEST_CASE("what a person resolved while it fails can be reopened, and then ends with the recovery") {
    Desk desk;
    auto& stage = desk.stage;
    const auto monitor = stage.monitor(desk.site, "API");
    auto engine = stage.engine();
    stage.round(monitor, 0, Verdict::up);
    stage.round(monitor, 1, Verdict::down, FailureClass::reset);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
    const IncidentId incident{stage.count("select id from incident")};
    CHECK(desk.ask(incident, {Action::resolve, {}, {}, {}}) == "done");
    engine->stop();
    engine = stage.engine();
    CHECK(desk.ask(incident, {Action::reopen, {}, {}, {}, decision::Reopening{}}) == "done");
    CHECK(desk.of(incident, "auto_resolve") == "true");
    CHECK(stage.count("select jsonb_array_length(data -> 'votes') from incident_event where kind = 'monitor_joined'") == 3);
    for (int n = 2; n <= 3; ++n) stage.round(monitor, n, Verdict::up);
    REQUIRE(eventually([&] { return desk.of(incident, "state") == "resolved"; }));
    CHECK(desk.timeline(incident) == "opened resolved reopened monitor_joined monitor_left resolved");
    CHECK(stage.told_of(desk.site) == "incident.opened incident.resolved incident.reopened incident.resolved");
    stage.run("update incident set resolved_at = now() - interval '25 hours'");
    CHECK(desk.ask(incident, {Action::reopen, {}, {}, {}, decision::Reopening{}}) == "conflict: too_late");
}

TEST_CASE("a command that this engine cannot read is refused, not lost and not in the way") {
    Desk desk;
    const auto engine = desk.stage.engine();
    const auto incident = new_id<IncidentId>();
    CHECK(desk.open(incident) == "done");
    for (const auto* action : {"merge", "assign"}) {
        desk.stage.run("insert into incident_command (incident_id, shard, action, actor, body) values ($1, $2, $3, 'token:ann', '{\"terms\": {\"x\": 1}}')",
                       {incident, shard_of(desk.site), action});
    }
    REQUIRE(eventually([&] { return desk.stage.count("select count(*) from incident_command where refusal = 'unreadable'") == 2; }));
    CHECK(desk.ask(incident, {Action::resolve, {}, {}, {}}) == "done");
}

TEST_CASE("the severity of an incident follows its monitors, and what was asked for confirmation is kept") {
    Desk desk;
    auto& stage = desk.stage;
    const auto minor = stage.monitor(desk.site, "Pages");
    const auto critical = stage.monitor(desk.site, "API");
    stage.run("update monitor set severity = 'minor' where id = $1", {minor});
    const auto engine = stage.engine();
    for (const auto monitor : {minor, critical}) stage.round(monitor, 0, Verdict::up);
    stage.round(minor, 1, Verdict::down, FailureClass::reset);
    REQUIRE(eventually([&] { return stage.state_of(minor) == "down"; }));
    CHECK(stage.text("select severity from incident") == "minor");
    stage.round(critical, 1, Verdict::down, FailureClass::reset);
    REQUIRE(eventually([&] { return stage.text("select severity from incident") == "critical"; }));
    for (int n = 2; n <= 3; ++n) stage.round(critical, n, Verdict::up);
    REQUIRE(eventually([&] { return stage.text("select severity from incident") == "minor"; }));
    CHECK(stage.text("select worst_severity from incident") == "critical");
    CHECK(stage.told_of(desk.site) ==
          "incident.opened incident.updated incident.severity_changed incident.updated incident.severity_changed");
    CHECK(stage.count("select count(distinct seq) from outbox where incident_id is not null") == 5);
    CHECK(stage.count("select jsonb_array_length(votes -> 'asked') from decision where kind = 'confirming' limit 1") == 3);
}

}  // namespace lifecycle_test

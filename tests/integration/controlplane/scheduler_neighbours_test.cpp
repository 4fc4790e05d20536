// Watchdog, presence and housekeeping: what works beside the scheduler.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "lib/admission/id.h"
#include "lib/message/presence.h"
#include "lib/message/subject.h"
#include "tests/integration/controlplane/scheduler_fixture.h"

namespace scheduler_neighbours_test {

using namespace sonde;
using namespace sonde::test;

namespace {

message::Presence sign_of_life(const std::string& region, const std::string& agent) {
    message::Presence presence;
    presence.region = region;
    presence.agent = agent;
    presence.version = "0.1.0";
    presence.started_at = wall_now() - seconds{60};
    presence.sent_at = wall_now();
    presence.capacity = 500;
    presence.in_flight = 3;
    presence.checks = 77;
    presence.checks_per_second = 1.5;
    return presence;
}

}  // namespace

TEST_CASE("a sign of life is answered with the time and becomes a row, in the region of its subject") {
    Stage stage;
    stage.add_regions({"eu"});
    auto plane = stage.control_plane("first");
    const auto ask = [&](const message::Presence& presence) {
        std::atomic<int> state{0};
        TimePoint now;
        stage.bus->request(message::subject::presence("eu"), message::write_presence(presence), milliseconds{1'000},
                           [&](const std::optional<bus::Delivery>& answer) {
                               if (answer) {
                                   if (const auto read = message::read_presence_answer(answer->payload)) now = read->now;
                               }
                               state = answer ? 1 : 2;
                           });
        REQUIRE(eventually([&] { return state != 0; }));
        return state == 1 ? std::optional(now) : std::nullopt;
    };
    // The control plane subscribes in its own time.
    REQUIRE(eventually([&] { return ask(sign_of_life("us", "liar")).has_value(); }));
    const auto answer = ask(sign_of_life("eu", "honest"));
    REQUIRE(answer);
    CHECK(std::chrono::abs(*answer - wall_now()) < seconds{20});
    CHECK(eventually([&] {
        return stage.number("select count(*) from agent where region = 'eu' and name in ('honest', 'liar') and last_seen_at > now() - interval '5 s'") == 2;
    }));
    CHECK(stage.number("select count(*) from agent where region <> 'eu'") == 0);
    CHECK(stage.number("select capacity from agent where name = 'honest'") == 500);
    CHECK(stage.number("select checks from agent where name = 'honest'") == 77);

    auto draining = sign_of_life("eu", "honest");
    draining.draining = true;
    REQUIRE(ask(draining));
    CHECK(eventually([&] { return stage.number("select count(*) from agent where name = 'honest' and draining") == 1; }));
}

TEST_CASE("an agent that joined is who it is by its subject, and once it is revoked it says nothing any more") {
    Stage stage;
    stage.add_regions({"eu"});
    stage.run("insert into agent (id, region, name, public_key, joined_at) values (1, 'eu', 'edge', 'UA', now()), (2, 'eu', 'other', 'UB', now())");
    auto plane = stage.control_plane("first");
    const auto say = [&](const std::string& region, AgentId agent, const std::string& name) {
        REQUIRE(stage.bus->publish(message::subject::presence_of(region, agent.text()), message::write_presence(sign_of_life(region, name))).ok());
    };
    const auto seen = [&](const char* name) {
        return stage.number(std::string("select count(*) from agent where name = '") + name + "' and last_seen_at > now() - interval '5 s'") == 1;
    };
    // The control plane subscribes in its own time.
    CHECK(eventually([&] {
        say("eu", AgentId{1}, "whatever it says");
        return seen("edge");
    }));
    say("us", AgentId{2}, "other");
    REQUIRE(stage.bus->publish(message::subject::presence("eu"), message::write_presence(sign_of_life("eu", "other"))).ok());
    stage.run("update agent set revoked_at = now(), last_seen_at = null where name = 'edge'");
    say("eu", AgentId{1}, "edge");
    say("eu", AgentId{3}, "unknown");
    // What was said after all of it has been written: so was, or was not, what was said before.
    REQUIRE(stage.bus->publish(message::subject::presence("eu"), message::write_presence(sign_of_life("eu", "last"))).ok());
    CHECK(eventually([&] { return seen("last"); }));
    CHECK_FALSE(seen("other"));
    CHECK_FALSE(seen("edge"));
    CHECK(stage.number("select count(*) from agent") == 3);
}

TEST_CASE("what is no sign of life is counted and parked, and disturbs nobody") {
    Stage stage;
    stage.add_regions({"eu"});
    auto plane = stage.control_plane("first");
    REQUIRE(eventually([&] { return plane->scheduling->streams_trouble().empty(); }));
    for (const auto* text : {"", "{", R"({"v":1})", "\xff\xfe", "[1,2,3]"}) {
        REQUIRE(stage.bus->publish(message::subject::presence("eu"), text).ok());
    }
    REQUIRE(stage.bus->publish("sonde.v1.presence.EU!", message::write_presence(sign_of_life("eu", "a"))).ok());
    REQUIRE(stage.bus->publish(message::subject::presence("eu"), message::write_presence(sign_of_life("eu", "good"))).ok());
    CHECK(eventually([&] { return plane->gauge("sonde_presence_malformed_total") == 6; }));
    CHECK(eventually([&] { return stage.number("select count(*) from agent") == 1; }));
    CHECK(eventually([&] {
        const auto state = stage.bus->stream_state(std::string(message::subject::parked_stream));
        return state.ok() && *state && (*state)->messages == 6;
    }));
}

TEST_CASE("agents that were not seen for a day leave the list") {
    Stage stage;
    stage.run("insert into agent (region, name, version, started_at, last_seen_at) values "
              "('eu', 'old', '1', now(), now() - interval '25 hours'), ('eu', 'silent', '1', now(), now() - interval '23 hours')");
    auto plane = stage.control_plane("first");
    CHECK(eventually([&] { return stage.number("select count(*) from agent") == 1; }));
    CHECK(stage.number("select count(*) from agent where name = 'silent'") == 1);
}

TEST_CASE("every stream is there soon after the start, and a new region's soon after the region") {
    Stage stage;
    stage.add_regions({"eu"});
    auto plane = stage.control_plane("first");
    const auto exists = [&](const std::string& stream) {
        const auto state = stage.bus->stream_state(stream);
        return state.ok() && state->has_value();
    };
    for (const auto* stream : {"SONDE_RESULTS", "SONDE_EVENTS", "SONDE_PARKED", "SONDE_JOBS_eu", "SONDE_URGENT_eu"}) {
        CHECK_MESSAGE(eventually([&] { return exists(stream); }), stream);
    }
    stage.add_regions({"za"});
    CHECK(eventually([&] { return exists("SONDE_JOBS_za") && exists("SONDE_URGENT_za"); }));
    const auto consumer = stage.bus->consumer_state("SONDE_JOBS_za", "agents");
    REQUIRE(consumer.ok());
    CHECK(consumer->has_value());
}

TEST_CASE("a job queue that delivers nothing, though agents have room, gets a new consumer and then a new stream") {
    Stage stage;
    stage.add_regions({"eu"});
    stage.add_monitors(5, milliseconds{5'000}, {"eu"});
    // An agent that says it has room, and never gets anything.
    stage.run("insert into agent (region, name, version, started_at, last_seen_at, capacity) values "
              "('eu', 'starving', '1', now(), now() + interval '1 hour', 100)");
    auto plane = stage.control_plane("first");
    CHECK(eventually([&] { return plane->gauge(R"(sonde_watchdog_recreated_total{what="consumer"})") >= 1; }));
    CHECK(eventually([&] { return plane->gauge(R"(sonde_watchdog_recreated_total{what="stream"})") >= 1; }));
    // An agent that does ask gets jobs again, and the watchdog rests.
    const auto agent = stage.agent("eu");
    CHECK(eventually([&] { return agent->count() >= 5; }));
}

TEST_CASE("of two control planes one does the housekeeping; old rows go, the coming days have partitions") {
    Stage stage;
    stage.run("insert into change (entity, entity_id, at) select 'site', n, now() - interval '2 hours' from generate_series(1, 12000) n");
    stage.run("insert into change (entity, entity_id) values ('site', 1)");
    stage.run("insert into slot_ledger (minute, region, writer) values (now() - interval '2 years', 'eu', 'w'), (now(), 'eu', 'w')");
    stage.run("insert into outbox (id, at, kind, payload) select id, now() - age, 'k', '{}' from (values "
              "(1, interval '40 days'), (2, interval '40 days'), (3, interval '0 days'), (4, interval '40 days')) as v (id, age)");
    stage.run("delete from event_to_relay where event_id <> 4");
    stage.run("with planned as (delete from event_to_plan where event_id <> 2 returning event_id) insert into event_planned (event_id) select event_id from planned");
    stage.run("insert into lease values ('scheduler/member/gone', 'gone', 1, now() - interval '2 hours'), "
              "('scheduler/7', 'gone', 5, now() - interval '2 hours')");
    stage.run("insert into sight (hash, document, used_on) select md5(n::text)::uuid, '{}', now() - n * interval '1 day' from generate_series(0, 40) n");
    stage.run("insert into decision (monitor_id, at, kind, from_state, to_state, reason, incident_id, votes) select n, now() - n * interval '200 days', 'refuted', 'up', 'up', 'r', "
              "case when n = 3 then 7 end, '{}' from generate_series(1, 4) n");
    stage.run("insert into incident_command (incident_id, shard, action, actor, done_at) select 1, 0, 'comment', 'a', done from unnest(array[now() - interval '40 days', now(), null]) done");
    stage.run("insert into voting_command (subject, subject_id, action, actor, done_at) select 'region', 1, 'release', 'a', done from unnest(array[now() - interval '40 days', now(), null]) done");
    stage.run("do $$ begin execute 'drop table result_' || to_char((now() at time zone 'utc')::date + 1, 'YYYYMMDD'); end $$");
    stage.run("create table result_20200101 partition of result for values from ('2020-01-01T00:00:00Z') to ('2020-01-02T00:00:00Z')");
    auto first = stage.control_plane("first");
    auto second = stage.control_plane("second");
    const auto count = [&](const std::string& what) { return stage.number("select count(*) from " + what); };
    CHECK(eventually([&] { return count("change where at < now() - interval '1 hour'") == 0; }));
    CHECK(eventually([&] { return count("slot_ledger where minute < now() - interval '1 year'") == 0; }));
    CHECK(eventually([&] { return count("outbox where id = 1") == 0; }));
    CHECK(eventually([&] { return count("lease where name = 'scheduler/member/gone'") == 0; }));
    CHECK(eventually([&] { return count("sight where used_on < now() - interval '34 days'") == 0; }));
    CHECK(eventually([&] { return count("decision") == 2; }));
    CHECK(count("decision where monitor_id in (1, 3)") == 2);
    CHECK(eventually([&] { return count("incident_command") == 2 && count("voting_command") == 2; }));
    CHECK(count("sight") >= 32);
    CHECK(count("change where entity_id = 1 and at > now() - interval '1 hour'") == 1);
    CHECK(count("slot_ledger where writer = 'w'") == 1);
    CHECK(count("outbox") == 3);  // what is not relayed or not planned stays
    CHECK(count("event_planned") == 2);
    CHECK(stage.number("select epoch from lease where name = 'scheduler/7'") == 6);
    CHECK(eventually([&] { return stage.number("select (to_regclass('result_' || to_char((now() at time zone 'utc')::date + 1, 'YYYYMMDD')) is not null)::int") == 1; }));
    CHECK(eventually([&] { return stage.number("select (to_regclass('result_20200101') is null)::int") == 1; }));
    const auto done = R"(sonde_housekeeping_runs_total{outcome="done"})";
    CHECK(eventually([&] { return std::max(first->gauge(done), second->gauge(done)) == 1; }));
}

TEST_CASE("evidence goes after its time, but for what an incident needs; when the incident goes, so does what no other one needs") {
    Stage stage;
    stage.run("insert into site (id, name) values (1, 's')");
    stage.run("insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at) "
              "select n, 1, 0, 'outage', 'resolved', 'major', 't', now(), now() - n * interval '20 days' from generate_series(1, 2) n");
    stage.run("insert into incident_monitor (incident_id, monitor_id, joined_at, cause) "
              "select id, 7, opened_at + interval '1 hour', 'reset' from incident");
    // Of another monitor; too early; a minority that failed first; as it joined; a confirmation; too late; not old at all.
    const auto add = [&](int attempt, const std::string& monitor, const std::string& at) {
        stage.run(fmt::format("insert into evidence select {}, {}, 1, {}, now(), 2, '{{}}'", monitor, at, attempt));
    };
    const std::string opened = "(select opened_at from incident where id = 1)";
    add(0, "8", opened);
    add(1, "7", opened + " - interval '25 hours'");
    add(2, "7", opened + " - interval '23 hours'");
    add(3, "7", opened + " + interval '1 hour'");
    add(4, "7", opened + " + interval '69 minutes'");
    add(5, "7", opened + " + interval '71 minutes'");
    add(6, "8", "now()");
    stage.run("insert into evidence select 9, now() - interval '30 days', 1, n, now(), 2, '{}' from generate_series(1, 12000) n");
    const auto kept = [&](const std::string& of) { return stage.number("select coalesce(sum(10 ^ attempt), 0)::bigint from evidence where " + of); };
    {
        const auto plane = stage.control_plane("first");
        CHECK(eventually([&] { return stage.number("select count(*) from evidence where monitor_id = 9") == 0; }));
        CHECK(eventually([&] { return plane->gauge(R"(sonde_housekeeping_runs_total{outcome="done"})") == 1; }));
        CHECK(kept("true") == 1'011'100);
        CHECK(kept("kept_for = 1") == 11'100);
        CHECK(plane->gauge(R"(sonde_housekeeping_removed_total{table="evidence"})") == 12'003);
    }
    // One that both need stays.
    stage.run("update incident set opened_at = now() - interval '20 days' where id = 2");
    stage.run("update incident_monitor set joined_at = (select joined_at from incident_monitor where incident_id = 1) - interval '30 minutes' where incident_id = 2");
    stage.run("delete from incident where id = 1");
    CHECK(kept("kept_for is null") == 1'011'100);
    const auto plane = stage.control_plane("second");
    CHECK(eventually([&] { return plane->gauge(R"(sonde_housekeeping_runs_total{outcome="done"})") == 1; }));
    CHECK(kept("true") == 1'000'100);
    CHECK(kept("kept_for = 2") == 100);
}

}  // namespace scheduler_neighbours_test

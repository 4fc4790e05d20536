// What time brings to incidents: with a real database, and an engine that answers when the test says so.
#include <doctest/doctest.h>

#include "lib/base/routing_id.h"
#include "lib/base/shard.h"
#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace due_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json step(std::int64_t after_ms, const std::vector<ChannelId>& channels) {
    Json numbers = Json::array();
    for (const auto channel : channels) numbers.push_back(channel.value());
    return {{"after_ms", after_ms}, {"channels", std::move(numbers)}, {"users", Json::array()}, {"schedules", Json::array()}};
}

// Incidents, and their events as the engine writes them.
class World {
public:
    explicit World(Stage& stage) : stage_(stage) {
        stage.run("insert into site (id, name) values ($1, 'shop')", {site_});
    }

    EscalationId escalation(const std::vector<Json>& steps, int times = 0, std::int64_t again_ms = 1'000) {
        const auto id = new_id<EscalationId>();
        std::vector<std::int64_t> channels;
        for (const auto& one : steps) {
            for (const auto& channel : one["channels"]) channels.push_back(channel);
        }
        stage_.run("insert into escalation (id, name, steps, repeat, channels) values ($1, 'night', $2, $3, $4)",
                   {id, json::dump(Json(steps)), json::dump({{"times", times}, {"after_ms", again_ms}}), channels});
        return id;
    }

    RouteId route(const std::vector<ChannelId>& channels, std::optional<EscalationId> escalation, const Json& reminders = nullptr) {
        const auto id = new_id<RouteId>();
        std::vector<std::int64_t> numbers;
        for (const auto channel : channels) numbers.push_back(channel.value());
        stage_.run("insert into route (id, position, name, enabled, severities, tags, events, regions, sites, channels, proceed, escalation_id, reminders) "
                   "values ($1, 1, 'r', true, '{}', '{}', '{}', '{}', '{}', $2, true, $3, $4)",
                   {id, numbers, escalation, reminders.is_null() ? db::Param(std::nullopt) : db::Param(json::dump(reminders))});
        return id;
    }

    // Each of a site of its own, the first of the one that may have an override.
    IncidentId open(const std::string& at = "now()") {
        const auto id = new_id<IncidentId>();
        if (opened_++ > 0) {
            site_ = new_id<SiteId>();
            stage_.run("insert into site (id, name) values ($1, 'another')", {site_});
        }
        stage_.run("insert into incident (id, site_id, shard, scope, state, severity, title, seq, failing_since, opened_at) "
                   "values ($1, $2, $3, 'outage', 'resolved', 'major', 't', 0, now(), now())",
                   {id, site_, shard_of(site_)});
        tell(id, "incident.opened", "open", {}, at);
        return id;
    }

    EventId tell(IncidentId incident, const std::string& kind, const std::string& state, Json details = {}, const std::string& at = "now()") {
        return stage_.pool().transact([&](db::Tx& tx) {
            const auto seq = tx.run_text("update incident set state = $2, seq = seq + 1 where id = $1 returning seq", {incident, state})[0].whole(0);
            const auto event = new_id<EventId>();
            Json about{{"id", incident.text()}, {"seq", seq}, {"state", state}, {"severity", "major"}};
            if (kind == "incident.escalated") about["escalation"] = std::move(details);
            if (kind == "incident.reminder") about["reminder"] = std::move(details);
            const Json document{{"v", 1}, {"id", event.text()}, {"kind", kind}, {"at", to_rfc3339(wall_now())}, {"incident", std::move(about)}};
            tx.run_text("insert into outbox (id, at, kind, site_id, incident_id, seq, payload) select $1, " + at + ", $2, site_id, $3, $4, $5 from incident where id = $3",
                        {event, kind, incident, seq, json::dump(document)});
            tx.run_text("select pg_notify('sonde_outbox', '')");
            return event;
        });
    }

    // The engine's part; returns how many commands there were.
    int answer() {
        struct Asked {
            std::int64_t number;
            IncidentId incident;
            std::string action;
            Json terms;
        };
        std::vector<Asked> asked;
        stage_.pool().transact([&](db::Tx& tx) {
            asked.clear();
            for (const auto row : tx.run_text("select id, incident_id, action, body::text from incident_command where done_at is null order by id")) {
                asked.push_back({row.whole(0), row.id<IncidentId>(1), std::string(row.text(2)), json::parse(std::string(row.text(3)))->at("terms")});
            }
        });
        for (const auto& one : asked) {
            const auto state = text("select state from incident where id = " + std::to_string(one.incident.value()));
            const bool done = state == "open" || (state == "acknowledged" && one.terms["while_acknowledged"] == true);
            if (done) tell(one.incident, one.action == "escalate" ? "incident.escalated" : "incident.reminder", state, one.terms["details"]);
            stage_.run("update incident_command set done_at = now(), outcome = $2 where id = $1", {one.number, done ? "done" : "conflict"});
        }
        return static_cast<int>(asked.size());
    }

    std::string text(const std::string& sql) {
        return stage_.pool().transact([&](db::Tx& tx) {
            const auto rows = tx.run_text(sql);
            return rows.empty() ? std::string("nothing") : std::string(rows[0].text(0));
        });
    }
    std::int64_t count(const std::string& from) { return std::stoll(text("select count(*)::text from " + from)); }
    std::string course() { return text("select state || ' ' || brought from incident_course"); }
    // What is due comes at once.
    void hurry() { stage_.run("update incident_course set due_at = now() where state = 'running'"); }
    bool is_asked() { return count("incident_command where done_at is null") > 0; }

private:
    Stage& stage_;
    SiteId site_{7};
    int opened_ = 0;
};

constexpr std::int64_t kHour = 3'600'000;

}  // namespace

TEST_CASE("steps come in their order, each once, to whom they name; who was led so hears of the end") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto ops = stage.channel(receiver.url("/ops"));
    const auto pager = stage.channel(receiver.url("/pager"), {});
    world.route({ops}, world.escalation({step(0, {ops}), step(kHour, {pager})}));
    const auto app = stage.start();
    const auto incident = world.open();
    REQUIRE(eventually([&] { return world.is_asked(); }));
    CHECK(world.answer() == 1);
    REQUIRE(eventually([&] { return world.course() == "running 1" && stage.settled(); }));
    CHECK(world.count("delivery where via = 'escalation' and not opens and state = 'sent' and channel_id = " + std::to_string(ops.value())) == 1);
    CHECK(world.text("select (due_at between now() + interval '50 minutes' and now() + interval '1 hour')::text from incident_course") == "true");
    world.hurry();
    REQUIRE(eventually([&] { return world.is_asked(); }));
    CHECK(world.answer() == 1);
    REQUIRE(eventually([&] { return world.course() == "exhausted 2" && stage.settled(); }));
    CHECK(world.count("delivery where via = 'escalation' and opens and state = 'sent' and channel_id = " + std::to_string(pager.value())) == 1);
    const auto resolved = world.tell(incident, "incident.resolved", "resolved");
    REQUIRE(eventually([&] { return world.course() == "resolved 2" && stage.settled(); }));
    CHECK(stage.delivery(resolved, pager).state == "sent");
    CHECK(world.count("incident_command") == 2);
    CHECK(metric(app->port(), "sonde_notifier_due_total{kind=\"escalation\"}") == 2);
}

TEST_CASE("two notifiers ask for each step once, and whatever was stopped between two steps goes on after the next start") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto ops = stage.channel(receiver.url());
    world.route({ops}, world.escalation({step(0, {ops}), step(0, {ops}), step(0, {ops})}));
    constexpr int kIncidents = 40;
    {
        const auto one = stage.start();
        const auto two = stage.start();
        for (int i = 0; i < kIncidents; ++i) world.open();
        REQUIRE(eventually([&] { return world.count("incident_command") == kIncidents; }));
    }
    world.answer();  // nobody plans
    {
        const auto one = stage.start();
        REQUIRE(eventually([&] { return stage.unplanned() == 0; }));
    }
    for (int left = 2; left > 0; --left) {
        {
            const auto one = stage.start();
            const auto two = stage.start();
            REQUIRE(eventually([&] { return world.count("incident_command where done_at is null") == kIncidents; }));
        }
        world.answer();
    }
    const auto app = stage.start();
    REQUIRE(eventually([&] { return world.count("incident_course where state = 'exhausted' and brought = 3") == kIncidents && stage.settled(); }));
    CHECK(world.count("incident_command") == 3 * kIncidents);
    CHECK(world.count("outbox where kind = 'incident.escalated'") == 3 * kIncidents);
    CHECK(world.count("(select from delivery group by event_id, channel_id having count(*) > 1) d") == 0);
}

TEST_CASE("a transaction that fails half way has asked for nothing, and it is asked for then") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto ops = stage.channel(receiver.url());
    world.route({ops}, world.escalation({step(0, {ops})}));
    stage.run("create function broken() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$");
    stage.run("create trigger broken after insert on incident_command for each row execute function broken()");
    const auto app = stage.start();
    world.open();
    REQUIRE(eventually([&] { return metric(app->port(), "sonde_notifier_database_failures_total") >= 2; }));
    CHECK(world.course() == "running 0");
    CHECK(world.count("incident_command") == 0);
    stage.run("drop function broken cascade");
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.course() == "exhausted 1" && receiver.count() == 2; }));
}

TEST_CASE("acknowledged while it is due: nothing is sent, and taken back it begins anew") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto pager = stage.channel(receiver.url(), {});
    world.route({}, world.escalation({step(0, {pager}), step(kHour, {pager})}));
    const auto app = stage.start();
    const auto incident = world.open();
    REQUIRE(eventually([&] { return world.is_asked(); }));
    world.tell(incident, "incident.acknowledged", "acknowledged");
    CHECK(world.answer() == 1);  // and it is refused
    REQUIRE(eventually([&] { return world.course() == "acknowledged 0" && stage.settled(); }));
    CHECK(world.count("outbox where kind = 'incident.escalated'") == 0);
    CHECK(receiver.count() == 0);
    world.tell(incident, "incident.unacknowledged", "open");
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.course() == "running 1" && receiver.count() == 1; }));
}

TEST_CASE("a step that could not be sent before somebody acknowledged is dropped, and its channel does not hear of the end of what it never heard of") {
    Stage stage;
    std::atomic<bool> broken{true};
    Receiver receiver([&](const Received&, int) { return test::Answer{.status = broken ? 503 : 200}; });
    World world(stage);
    const auto pager = stage.channel(receiver.url(), {});
    world.route({}, world.escalation({step(0, {pager})}));
    const auto app = stage.start();
    const auto incident = world.open();
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return stage.count("via = 'escalation' and attempts > 0 and state = 'planned'") == 1; }));
    world.tell(incident, "incident.acknowledged", "acknowledged");
    REQUIRE(eventually([&] { return stage.count("via = 'escalation' and state = 'superseded' and reason = 'acknowledgement_changed_since'") == 1; }));
    broken = false;
    const auto resolved = world.tell(incident, "incident.resolved", "resolved");
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.delivery(resolved, pager).state == "not_sent");
}

TEST_CASE("a step that leads to nobody says so and is followed by the next at once; what the site mutes is nobody") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto off = stage.channel(receiver.url(), {}, false);
    const auto muted = stage.channel(receiver.url(), {});
    const auto pager = stage.channel(receiver.url(), {});
    stage.run("insert into route_override (id, site_id, added, muted) values (1, 7, '{}', $1)", {std::vector{muted.value()}});
    world.route({}, world.escalation({step(0, {off, muted}), step(kHour, {pager})}));
    const auto app = stage.start();
    world.open();
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.course() == "exhausted 2" && stage.settled(); }));
    CHECK(world.text("select string_agg(t #>> '{why}', ' ' order by t #>> '{why}') from outbox, jsonb_array_elements(payload #> '{incident,escalation,left_out}') t") ==
          "channel_disabled muted");
    CHECK(receiver.count() == 1);
}

TEST_CASE("a step leads to whoever is on call now, by the channels of that person, and by whoever takes over") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto of_ann = stage.channel(receiver.url(), {});
    const auto of_bob = stage.channel(receiver.url(), {});
    stage.run("insert into person (id, name, role, channels) values (11, 'ann', 'viewer', $1), (12, 'bob', 'viewer', $2)", {std::vector{of_ann.value()}, std::vector{of_bob.value()}});
    const Json layers{{{"name", "always"}, {"members", {11}}, {"rotation", {{"start", "2020-01-01T00:00"}, {"length", "P1W"}}}, {"hours", Json::array()}}};
    stage.run("insert into schedule (id, name, time_zone, layers, people) values (21, 'first line', 'Europe/Berlin', $1, '{11}'), (22, 'nobody', 'UTC', '[]', '{}')", {json::dump(layers)});
    std::vector<Json> steps{step(0, {}), step(0, {}), step(kHour, {})};
    steps[0]["schedules"] = {22};
    steps[1]["schedules"] = steps[2]["schedules"] = {21};
    world.route({}, world.escalation(steps));
    const auto app = stage.start();
    world.open();
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.course() == "running 2" && stage.settled(); }));
    CHECK(stage.count("via = 'escalation' and state = 'sent' and channel_id = " + std::to_string(of_ann.value())) == 1);
    CHECK(world.text("select string_agg(t #>> '{why}', ' ') from outbox, jsonb_array_elements(payload #> '{incident,escalation,left_out}') t") == "nobody_on_call");
    stage.run("insert into schedule_override (id, schedule_id, person_id, starts_at, ends_at) values (31, 21, 12, now() - interval '1 hour', now() + interval '1 hour')");
    world.hurry();
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.course() == "exhausted 3" && stage.settled(); }));
    CHECK(stage.count("via = 'escalation' and state = 'sent' and channel_id = " + std::to_string(of_bob.value())) == 1);
    CHECK(receiver.count() == 2);
}

TEST_CASE("times are the database's: an event from a clock that is ahead does not delay its first step") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto pager = stage.channel(receiver.url(), {});
    world.route({}, world.escalation({step(kHour, {pager})}));
    const auto app = stage.start();
    world.open("now() + interval '5 hours'");
    REQUIRE(eventually([&] { return world.course() == "running 0"; }));
    CHECK(world.text("select (due_at between now() + interval '50 minutes' and now() + interval '1 hour')::text from incident_course") == "true");
    stage.run("truncate incident_course");
    world.open("now() - interval '2 hours'");
    REQUIRE(eventually([&] { return world.is_asked(); }));
}

TEST_CASE("what the engine refused though nothing ends it is asked for again") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto pager = stage.channel(receiver.url(), {});
    world.route({}, world.escalation({step(0, {pager})}));
    const auto app = stage.start();
    world.open();
    REQUIRE(eventually([&] { return world.is_asked(); }));
    stage.run("update incident_command set done_at = now() - interval '1 minute', outcome = 'conflict', refusal = 'unreadable'");
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return world.course() == "exhausted 1" && receiver.count() == 1; }));
}

TEST_CASE("reminders go to the channels of the route that know of it, as often as it says; one that a newer made old is not sent") {
    Stage stage;
    std::atomic<bool> broken{false};
    Receiver receiver([&](const Received&, int) { return test::Answer{.status = broken ? 503 : 200}; });
    World world(stage);
    const auto chat = stage.channel(receiver.url());
    const auto asks = stage.channel(receiver.url(), {"incident.reminder"});
    world.route({chat}, {}, {{"every_ms", kHour}, {"at_most", 3}, {"while_acknowledged", true}});
    const auto app = stage.start();
    const auto incident = world.open();
    REQUIRE(eventually([&] { return world.course() == "running 0" && stage.settled(); }));
    const auto bring = [&] {
        world.hurry();
        REQUIRE(eventually([&] { return world.answer() == 1; }));
    };
    bring();
    REQUIRE(eventually([&] { return world.course() == "running 1" && stage.settled(); }));
    CHECK(stage.count("event_kind = 'incident.reminder' and state = 'sent' and via = 'follow_up' and channel_id = " + std::to_string(chat.value())) == 1);
    CHECK(stage.count("event_kind = 'incident.reminder' and state = 'sent' and via = 'subscription' and channel_id = " + std::to_string(asks.value())) == 1);
    broken = true;
    bring();
    REQUIRE(eventually([&] { return stage.count("event_kind = 'incident.reminder' and state = 'planned' and attempts > 0") == 2; }));
    bring();
    REQUIRE(eventually([&] { return stage.count("event_kind = 'incident.reminder' and state = 'superseded' and reason = 'updated_since'") == 2; }));
    broken = false;
    REQUIRE(eventually([&] { return world.course() == "exhausted 3" && stage.settled(); }));
    world.tell(incident, "incident.resolved", "resolved");
    REQUIRE(eventually([&] { return world.course() == "resolved 3" && stage.settled(); }));
}

TEST_CASE("a site's override has an escalation and reminders of its own") {
    Stage stage;
    Receiver receiver;
    World world(stage);
    const auto chat = stage.channel(receiver.url());
    const auto own = stage.channel(receiver.url(), {});
    world.route({chat}, world.escalation({step(0, {chat})}), {{"every_ms", kHour}, {"at_most", 3}, {"while_acknowledged", false}});
    stage.run("insert into route_override (id, site_id, added, muted, escalation_id, reminders) values (9, 7, '{}', '{}', $1, $2)",
              {world.escalation({step(0, {own})}), json::dump({{"every_ms", kHour}, {"at_most", 1}, {"while_acknowledged", false}})});
    const auto app = stage.start();
    world.open();
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return stage.settled() && world.count("incident_course") == 2; }));
    CHECK(world.text("select string_agg(kind || ' ' || (source_id = 9) || ' ' || (route_id is null), ', ' order by kind) from incident_course") ==
          "escalation false true, reminder true true");
    world.hurry();
    REQUIRE(eventually([&] { return world.answer() == 1; }));
    REQUIRE(eventually([&] { return stage.settled() && world.count("incident_course where state = 'exhausted'") == 2; }));
    CHECK(stage.count("event_kind = 'incident.reminder' and state = 'sent' and via = 'follow_up'") == 2);
}

}  // namespace due_test

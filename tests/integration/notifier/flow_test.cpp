// How much a channel is sent, and when: breakers, limits, quiet hours, and what becomes of what could not be sent.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace notifier_flow_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const Json kNoStorms{{"storm", {{"more_than", 0}}}};
const std::vector<std::string> kEvents{"incident.opened", "incident.acknowledged", "incident.resolved", "incident.severity_changed", "delivery.dead"};

EventId open(Stage& stage, IncidentId incident = new_id<IncidentId>(), const std::string& severity = "major") {
    return stage.event("incident.opened", incident, 1, {{"title", "Shop is down"}, {"severity", severity}});
}

// Quiet now, and for hours: whatever the time of the day is.
Json quiet_now() {
    const auto now = std::chrono::floor<std::chrono::minutes>(wall_now());
    const auto text = [](TimePoint at) { return to_rfc3339(at).substr(11, 5); };
    return {{"digest", kNoStorms}, {"quiet_hours", {{"time_zone", "UTC"}, {"windows", {{{"from", text(now - std::chrono::hours{2})}, {"to", text(now + std::chrono::hours{4})}}}}}}};
}

bool held(Stage& stage, EventId event, ChannelId channel) {
    const auto delivery = stage.delivery(event, channel);
    return delivery.state == "planned" && delivery.reason == "quiet_hours";
}

}  // namespace

TEST_CASE("after some failures a channel is left alone but for probes, and what waits costs no attempts and goes out once one is accepted") {
    Stage stage;
    std::atomic<bool> well{false};
    Receiver receiver([&](const Received&, int) { return Answer{.status = well ? 200 : 503, .body = "no"}; });
    const auto channel = stage.channel(receiver.url());
    stage.config.max_per_channel = 1;
    const auto app = stage.start();
    std::vector<EventId> events;
    for (int i = 0; i < 12; ++i) events.push_back(open(stage));
    const auto is_open = [&] { return stage.asked("select count(*) from channel_health where open_since is not null and probe_at > now()") == 1; };
    REQUIRE(eventually(is_open));
    CHECK(metric(app->port(), "sonde_notifier_breaker_opened_total") == 1);
    const auto tried = receiver.count();
    CHECK(tried == 5);
    CHECK(stage.count("attempts = 0") >= 7);
    // The probe is due: one, though there are twelve.
    stage.run("update channel_health set probe_at = now()");
    REQUIRE(eventually([&] { return stage.asked("select cool_off_ms from channel_health") == 20'000; }));
    CHECK(receiver.count() == tried + 1);
    CHECK(stage.asked("select count(*) from channel_health where last_error_at is not null and last_error = 'HTTP 503: no'") == 1);
    well = true;
    stage.run("update channel_health set probe_at = now()");
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.count("state = 'sent'") == 12);
    CHECK(stage.asked("select count(*) from channel_health where failures = 0 and open_since is null") == 1);
    CHECK(stage.delivery(events.back(), channel).state == "sent");
}

TEST_CASE("what waits for a channel that is left alone is given up as soon as anything else would be") {
    Stage stage;
    Receiver receiver;
    stage.config.give_up_after = milliseconds{1'000};
    const auto channel = stage.channel(receiver.url());
    stage.run("update channel_health set failures = 9, open_since = now(), probe_at = now() + interval '1 hour' where channel_id = $1", {channel});
    const auto app = stage.start();
    const auto event = open(stage);
    REQUIRE(eventually([&] { return stage.delivery(event, channel).state == "dead"; }));
    CHECK(stage.delivery(event, channel).reason == "gave_up");
    CHECK(stage.delivery(event, channel).attempts == 0);
    CHECK(receiver.count() == 0);
    CHECK(stage.asked("select count(*) from outbox where kind = 'delivery.dead'") == 1);
}

TEST_CASE("two notifiers together send a channel no more than its limit, and openings first") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, {{"digest", kNoStorms}, {"rate", {{"messages", 8}, {"per_ms", 4'000}}}});
    std::vector<IncidentId> incidents;
    for (int i = 0; i < 6; ++i) incidents.push_back(new_id<IncidentId>());
    for (const auto incident : incidents) stage.event("incident.acknowledged", incident, 2, {{"severity", "major"}});
    for (int i = 0; i < 14; ++i) open(stage);
    const auto one = stage.start();
    const auto other = stage.start();
    REQUIRE(eventually([&] { return stage.settled() && receiver.count() == 20; }));
    const auto received = receiver.received();
    // Between a lease and the attempt that is on record there may be a little time, between that and its arrival any.
    CHECK(stage.asked("select count(*) from (select started_at - lag(started_at, 8) over (order by started_at) as passed from delivery_attempt) a where passed < interval '3 s'") == 0);
    int acknowledged = 0;
    for (std::size_t i = 0; i < 12; ++i) acknowledged += received[i].body.find("incident.acknowledged") != std::string::npos ? 1 : 0;
    CHECK(acknowledged <= 2);
    CHECK(stage.count("attempts <> 1") == 0);
}

TEST_CASE("what a channel could not be told, its fallback is told, and who asked for it; nobody is told of that in a circle") {
    Stage stage;
    Receiver refusing([](const Received&, int) { return Answer{.status = 401, .body = "who are you"}; });
    Receiver good;
    const auto failing = stage.channel(refusing.url());
    const auto fallback = stage.channel(good.url("/fallback"), {"coverage.lost"});
    const auto listening = stage.channel(good.url("/listening"), {"delivery.dead"});
    const auto circle = stage.channel(refusing.url("/circle"), {"delivery.dead"});
    stage.run("update channel set fallback_channel_id = $2 where id = $1", {failing, fallback});
    stage.run("update channel set fallback_channel_id = $2 where id = $1", {circle, failing});
    const auto app = stage.start();
    const auto incident = new_id<IncidentId>();
    const auto event = open(stage, incident);
    REQUIRE(eventually([&] { return stage.settled() && good.count() == 2; }));
    CHECK(stage.delivery(event, failing).state == "dead");
    CHECK(stage.asked("select count(*) from outbox where kind = 'delivery.dead'") == 1);
    const EventId letter{stage.asked("select id from outbox where kind = 'delivery.dead'")};
    CHECK(stage.delivery(letter, fallback).state == "sent");
    CHECK(stage.delivery(letter, listening).state == "sent");
    CHECK(stage.delivery(letter, circle).state == "dead");
    CHECK(stage.delivery(letter, failing).state.empty());
    CHECK(stage.asked("select count(*) from delivery where via = 'fallback'") == 1);
    const auto document = *json::parse(good.received()[0].body);
    CHECK(document["kind"] == "delivery.dead");
    CHECK(document["channel"]["id"] == failing.text());
    CHECK(document["delivery"]["incident_id"] == incident.text());
    CHECK(document["delivery"]["http_status"] == 401);
    CHECK(document["delivery"]["severity"] == "major");
    CHECK(document["reason"] == "receiver_refused");
}

TEST_CASE("in quiet hours what is not critical waits for their end, and what is over by then is not told") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, quiet_now());
    const auto app = stage.start();
    const auto lasting = new_id<IncidentId>();
    const auto over = new_id<IncidentId>();
    const auto waits = open(stage, lasting);
    const auto passes = open(stage, over);
    const auto critical = open(stage, new_id<IncidentId>(), "critical");
    REQUIRE(eventually([&] { return held(stage, waits, channel) && held(stage, passes, channel) && stage.delivery(critical, channel).state == "sent"; }));
    CHECK(stage.asked("select count(*) from delivery where reason = 'quiet_hours' and next_at > now() + interval '3 hours' and next_at = held_until") == 2);

    const auto end = stage.event("incident.resolved", over, 2, {{"severity", "major"}, {"state", "resolved"}});
    REQUIRE(eventually([&] { return stage.delivery(end, channel).state == "not_sent"; }));
    CHECK(stage.delivery(end, channel).reason == "not_told");
    CHECK(stage.delivery(passes, channel).reason == "resolved_since");
    CHECK(held(stage, waits, channel));
    CHECK(page(app->port(), "/readyz").find("\"ready\":true") != std::string::npos);
    CHECK(eventually([&] { return metric(app->port(), "sonde_notifier_held") == 1; }));
    CHECK(receiver.count() == 1);

    // They are over.
    stage.flow(channel, {{"digest", kNoStorms}});
    stage.run("update delivery set next_at = now() where reason = 'quiet_hours'");
    REQUIRE(eventually([&] { return stage.delivery(waits, channel).state == "sent"; }));
    const auto resolved = stage.event("incident.resolved", lasting, 2, {{"severity", "major"}, {"state", "resolved"}});
    REQUIRE(eventually([&] { return stage.delivery(resolved, channel).state == "sent"; }));
    CHECK(receiver.count() == 3);
}

TEST_CASE("what becomes critical in quiet hours is told at once, and its opening before it") {
    Stage stage;
    Receiver receiver;
    const auto channel = stage.channel(receiver.url(), kEvents);
    stage.flow(channel, quiet_now());
    const auto app = stage.start();
    const auto incident = new_id<IncidentId>();
    const auto opened = open(stage, incident, "minor");
    REQUIRE(eventually([&] { return held(stage, opened, channel); }));
    const auto worse = stage.event("incident.severity_changed", incident, 2, {{"severity", "critical"}});
    REQUIRE(eventually([&] { return stage.delivery(worse, channel).state == "sent"; }));
    CHECK(stage.delivery(opened, channel).state == "sent");
    REQUIRE(receiver.count() == 2);
    CHECK(receiver.received()[0].body.find("incident.opened") != std::string::npos);
}

}  // namespace notifier_flow_test

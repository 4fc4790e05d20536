// Planning by routes, with what is stored of them.
#include <doctest/doctest.h>

#include "lib/base/routing_id.h"
#include "tests/integration/notifier/receiver.h"
#include "tests/integration/notifier/stage.h"

namespace routing_test {

using namespace sonde;
using namespace sonde::test;

namespace {

RouteId route(Stage& stage, const std::vector<std::int64_t>& channels, const std::vector<std::string>& severities, int position = 100,
              const std::vector<std::string>& tags = {}, const std::vector<std::string>& regions = {}) {
    const auto id = new_id<RouteId>();
    stage.run("insert into route (id, position, name, enabled, severities, tags, events, regions, sites, channels, proceed) "
              "values ($1, $2, 'r', true, $3, $4, '{}', $5, '{}', $6, true)",
              {id, position, severities, tags, regions, channels});
    return id;
}

// As the engine writes it, with what routes ask for; `number` in place of one that rises with time.
EventId incident_event(Stage& stage, const std::string& kind, IncidentId incident, std::int64_t seq, const std::string& severity, std::optional<SiteId> site = {},
                       std::optional<EventId> number = {}) {
    const auto id = number.value_or(new_id<EventId>());
    const Json document{{"v", 1}, {"id", id.text()}, {"kind", kind}, {"at", to_rfc3339(wall_now())},
                        {"incident", {{"id", incident.text()}, {"seq", seq}, {"severity", severity}}}, {"tags", {"web"}}, {"regions", {"eu"}}};
    stage.run("insert into outbox (id, at, kind, site_id, incident_id, seq, payload) values ($1, clock_timestamp(), $2, $3, $4, $5, $6::jsonb)",
              {id, kind, site, incident, seq, json::dump(document)});
    stage.run("select pg_notify('sonde_outbox', '')");
    return id;
}

std::string row(Stage& stage, EventId event, ChannelId channel) {
    const auto one = stage.delivery(event, channel);
    return one.reason.empty() ? one.state : one.state + " " + one.reason;
}

}  // namespace

TEST_CASE("routes lead to channels by what the event's document says, and the ledger has by which") {
    Stage stage;
    Receiver receiver;
    const auto pager = stage.channel(receiver.url());
    const auto chat = stage.channel(receiver.url());
    const auto own = stage.channel(receiver.url());
    const auto to_pager = route(stage, {pager.value()}, {"critical"}, 1, {"web"}, {"eu"});
    route(stage, {chat.value()}, {}, 2, {"db"});
    const auto app = stage.start();
    const auto opened = incident_event(stage, "incident.opened", new_id<IncidentId>(), 1, "critical");
    REQUIRE(eventually([&] { return receiver.count() == 2 && stage.settled(); }));
    CHECK(row(stage, opened, pager) == "sent");
    CHECK(row(stage, opened, chat) == "not_sent not_routed");
    CHECK(row(stage, opened, own) == "sent");
    CHECK(stage.count("via = 'route' and opens and route_id = " + std::to_string(to_pager.value())) == 1);
    CHECK(stage.count("via = 'subscription' and not opens and route_id is null") == 1);
    // A region's events carry it where they are about it.
    const auto lost = stage.event("coverage.lost", {{"coverage", {{"region", "eu"}}}});
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(row(stage, lost, pager) == "not_sent not_routed");
}

TEST_CASE("what becomes critical pages then, and its end comes though it is minor by then; what a notifier knew, the next one knows") {
    Stage stage;
    Receiver receiver;
    const auto pager = stage.channel(receiver.url());
    route(stage, {pager.value()}, {"critical"});
    const auto incident = new_id<IncidentId>();
    EventId opened, worse, better, resolved, again;
    {
        const auto app = stage.start();
        opened = incident_event(stage, "incident.opened", incident, 1, "minor");
        worse = incident_event(stage, "incident.severity_changed", incident, 2, "critical");
        REQUIRE(eventually([&] { return receiver.count() == 1 && stage.settled(); }));
    }
    const auto app = stage.start();
    better = incident_event(stage, "incident.severity_changed", incident, 3, "minor");
    resolved = incident_event(stage, "incident.resolved", incident, 4, "minor");
    REQUIRE(eventually([&] { return receiver.count() == 2 && stage.settled(); }));
    again = incident_event(stage, "incident.resolved", incident, 5, "minor");
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(row(stage, opened, pager) == "not_sent not_routed");
    CHECK(row(stage, worse, pager) == "sent");
    CHECK(row(stage, better, pager) == "not_sent not_routed");
    CHECK(row(stage, resolved, pager) == "sent");
    CHECK(row(stage, again, pager) == "not_sent not_routed");
}

TEST_CASE("a change that is a channel's opening is not made old by the next change") {
    Stage stage;
    std::atomic<bool> broken{true};
    Receiver receiver([&](const Received&, int) { return Answer{.status = broken ? 503 : 200}; });
    const auto pager = stage.channel(receiver.url(), {"incident.opened", "incident.severity_changed", "incident.resolved"});
    route(stage, {pager.value()}, {"critical"});
    const auto app = stage.start();
    const auto incident = new_id<IncidentId>();
    const auto worse = incident_event(stage, "incident.severity_changed", incident, 2, "critical");
    REQUIRE(eventually([&] { return stage.delivery(worse, pager).attempts >= 1; }));
    const auto better = incident_event(stage, "incident.severity_changed", incident, 3, "minor");
    REQUIRE(eventually([&] { return stage.delivery(better, pager).state == "planned"; }));
    broken = false;
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(row(stage, worse, pager) == "sent");
    CHECK(row(stage, better, pager) == "sent");
}

TEST_CASE("events of an incident are planned in their order, whatever their numbers, by two notifiers at once") {
    Stage stage;
    Receiver receiver;
    const auto pager = stage.channel(receiver.url());
    route(stage, {pager.value()}, {});
    std::vector<std::pair<EventId, EventId>> pairs;
    for (int i = 0; i < 300; ++i) {
        const auto incident = new_id<IncidentId>();
        const auto low = new_id<EventId>();
        const auto high = new_id<EventId>();
        incident_event(stage, "incident.opened", incident, 1, "major", {}, high);
        incident_event(stage, "incident.resolved", incident, 2, "major", {}, low);
        pairs.emplace_back(high, low);
    }
    const auto one = stage.start();
    const auto two = stage.start();
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(stage.count("event_kind = 'incident.resolved' and state = 'sent'") == 300);
    CHECK(stage.count("state = 'not_sent'") == 0);
}

TEST_CASE("a site's override adds, mutes and replaces for it alone") {
    Stage stage;
    Receiver receiver;
    const auto added = stage.channel(receiver.url());
    const auto muted = stage.channel(receiver.url());
    const auto elsewhere = stage.channel(receiver.url());
    const SiteId site{7};
    route(stage, {added.value()}, {"critical"});
    stage.run("insert into route_override (id, site_id, added, muted, replaced) values (1, $1, $2, $3, '{}')",
              {site, std::vector{added.value()}, std::vector{muted.value()}});
    const auto app = stage.start();
    const auto there = incident_event(stage, "incident.opened", new_id<IncidentId>(), 1, "minor", site);
    const auto other = incident_event(stage, "incident.opened", new_id<IncidentId>(), 1, "minor", SiteId{8});
    REQUIRE(eventually([&] { return stage.settled(); }));
    CHECK(row(stage, there, added) == "sent");
    CHECK(row(stage, there, muted) == "not_sent muted");
    CHECK(row(stage, there, elsewhere) == "not_sent replaced");
    CHECK(row(stage, other, added) == "not_sent not_routed");
    CHECK(row(stage, other, muted) == "sent");
    CHECK(stage.count("via = 'site'") == 3);
}

}  // namespace routing_test

// GET /v1/overview: what is wrong now.
#include <doctest/doctest.h>

#include <set>

#include "lib/base/instant.h"
#include "lib/base/relation_id.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_overview_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json overview() {
    const auto answer = stand().viewer().get("/v1/overview");
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return answer.json();
}

void set_state(const std::string& monitor, const std::string& state) {
    stand().run("insert into monitor_state (monitor_id, state, since, core) values ($1, $2, now(), '{}') on conflict (monitor_id) do update set state = $2",
                {*MonitorId::parse(monitor), state});
}

std::int64_t of(const Json& before, const Json& after, const std::string& state) {
    return after["monitors"]["by_state"][state].get<std::int64_t>() - before["monitors"]["by_state"][state].get<std::int64_t>();
}

}  // namespace

TEST_CASE("every monitor is counted in the state that it is shown in, once") {
    stand().run("delete from monitor_state");
    const auto before = overview();
    const auto site = stand().make_site("counted");
    const auto up = stand().make_monitor(site);
    const auto down = stand().make_monitor(site, "the one that is down");
    const auto degraded = stand().make_monitor(site);
    const auto paused = stand().make_monitor(site);
    stand().make_monitor(site);
    set_state(up, "up");
    set_state(down, "down");
    set_state(degraded, "degraded");
    set_state(paused, "down");
    REQUIRE(stand().admin().patch("/v1/monitors/" + paused, {{"paused", true}}).status == 200);
    const auto after = overview();
    for (const auto* state : {"up", "down", "degraded", "paused", "pending"}) CHECK_MESSAGE(of(before, after, state) == 1, state);
    CHECK(of(before, after, "unknown") == 0);
    CHECK(after["monitors"]["count"].get<int>() == before["monitors"]["count"].get<int>() + 5);
    const auto& first = after["failing"]["items"][0];
    CHECK(first["id"] == down);
    CHECK(first["site_name"] == "counted");
    CHECK(first["incident_id"].is_null());
    REQUIRE(stand().admin().patch("/v1/sites/" + site, {{"active", false}}).status == 200);
    CHECK(of(before, overview(), "paused") == 5);
    REQUIRE(stand().admin().del("/v1/sites/" + site).status == 204);
    CHECK(of(before, overview(), "paused") == 0);
    stand().run("delete from monitor_state");
}

TEST_CASE("of more failing monitors than there is room for the latest are told, how many there are, and where the rest is") {
    stand().run("delete from monitor_state");
    const auto site = stand().make_site();
    for (int i = 0; i < 25; ++i) set_state(stand().make_monitor(site), "down");
    const auto failing = overview()["failing"];
    CHECK(failing["count"] == 25);
    CHECK(failing["items"].size() == 20);
    CHECK(stand().viewer().get(failing["more"].get<std::string>() + "&site_id=" + site).json()["items"].size() == 25);
    stand().run("delete from monitor_state");
}

TEST_CASE("regions without agents, silent agents, maintenance and late notifications are told") {
    const auto& api = stand().admin();
    stand().run("delete from agent");
    stand().run("delete from delivery");
    stand().run("delete from region_coverage");
    stand().run("insert into agent (region, name, version, started_at, last_seen_at) values ('eu', 'alive', '1', now(), now()), ('us', 'silent', '1', now(), now() - interval '1 hour')");
    const auto from = to_rfc3339(wall_now() - std::chrono::hours{1});
    const auto to = to_rfc3339(wall_now() + std::chrono::hours{1});
    const auto window = api.post("/v1/maintenance", {{"title", "Move"}, {"starts_at", from}, {"ends_at", to}, {"targets", {{"tags", {"overview"}}}}});
    REQUIRE_MESSAGE(window.status == 201, window.body);
    stand().run("insert into maintenance_occurrence (window_id, starts_at, ends_at, started_at) values ($1, now() - interval '1 hour', now() + interval '1 hour', now())",
                {*WindowId::parse(window.json()["id"].get<std::string>())});
    const auto channel = api.post("/v1/channels", {{"kind", "webhook"}, {"name", "on call"}, {"config", {{"url", "https://hooks.example/"}}}});
    REQUIRE_MESSAGE(channel.status == 201, channel.body);
    stand().run("insert into delivery (id, event_id, channel_id, event_kind, state, next_at, created_at) values (1, 1, $1, 'incident.opened', 'planned', now(), now() - interval '1 hour')",
                {*ChannelId::parse(channel.json()["id"].get<std::string>())});
    const auto now = overview();
    std::set<std::string> regions;
    for (const auto& region : now["regions"]["items"]) regions.insert(region["name"]);
    CHECK(regions.contains("us"));
    CHECK(regions.contains("ap"));
    CHECK(now["silent_agents"]["items"][0]["name"] == "silent");
    CHECK(now["silent_agents"]["more"].is_null());
    CHECK(now["undelivered"]["items"][0]["channel_name"] == "on call");
    CHECK(now["maintenance"]["items"][0]["title"] == "Move");
    stand().run("delete from delivery");
    stand().run("delete from agent");
    stand().run("delete from maintenance_occurrence");
    CHECK(overview()["undelivered"]["count"] == 0);
}

}  // namespace api_overview_test

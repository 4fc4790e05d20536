#include <doctest/doctest.h>

#include <algorithm>

#include "controlplane/drill/drills.h"
#include "tests/integration/controlplane/api_world.h"
#include "tests/support/servers.h"

namespace api_drill_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string made(const std::string& path, const Json& body) {
    const auto answer = stand().admin().post(path, body);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["id"];
}

// A drill of its own monitor and channel.
struct Scene {
    std::string site = stand().make_site("drilled");
    std::string monitor = made("/v1/monitors", {{"site_id", site}, {"name", "drill"}, {"kind", "drill"}, {"spec", Json::object()}, {"interval_ms", 10'000}});
    std::string channel = made("/v1/channels", {{"kind", "webhook"}, {"name", "pager"}, {"config", {{"url", "https://hooks.example/x"}}}});
    std::string id = made("/v1/drills", document());
    std::string path = "/v1/drills/" + id;

    [[nodiscard]] Json document() const { return {{"name", "weekly"}, {"monitor_id", monitor}, {"channel_id", channel}, {"schedule", "0 10 * * mon"}, {"time_zone", "Europe/Berlin"}}; }
    [[nodiscard]] std::int64_t number(const std::string& sql) const {
        return stand().pool().transact([&](db::Tx& tx) { return tx.run_text(sql)[0].whole(0); });
    }
    [[nodiscard]] Json last_run() const { return stand().admin().get(path).json()["last_run"]; }
    [[nodiscard]] bool is(const std::string& state) const {
        return eventually([&] { return last_run()["state"] == state; });
    }
};

}  // namespace

TEST_CASE("a drill is made with defaults, replaced, patched field by field, and deleted") {
    const auto& api = stand().admin();
    const Scene scene;
    const auto drill = api.get(scene.path).json();
    CHECK(drill["within_ms"] == 120'000);
    CHECK(drill["enabled"] == true);
    CHECK(drill["next_at"].get<std::string>().find("T0") != std::string::npos);  // 8 or 9 o'clock UTC
    CHECK(drill["last_run"].is_null());
    const auto off = api.patch(scene.path, {{"enabled", false}, {"within_ms", 60'000}}).json();
    CHECK(off["version"] == 2);
    CHECK(off["next_at"].is_null());
    CHECK(api.patch(scene.path, {{"enabled", false}}).json()["version"] == 2);
    auto named = scene.document();
    named.erase("time_zone");
    named["schedule"] = "Mon 10:00 Pacific/Auckland";
    const auto put = api.send("PUT", scene.path, json::dump(named)).json();
    CHECK(put["time_zone"] == "Pacific/Auckland");
    CHECK(put["within_ms"] == 120'000);
    CHECK(api.get("/v1/drills?limit=500").body.find(scene.id) != std::string::npos);
    CHECK(api.del(scene.path).status == 204);
    CHECK(api.get(scene.path).status == 404);
    CHECK(api.post(scene.path + "/run", Json()).status == 404);
}

TEST_CASE("each mistake of a drill is told at its place") {
    const auto& api = stand().admin();
    const Scene scene;
    const auto errors_of = [&](const Json& change) {
        auto document = scene.document();
        document.update(change);
        return api.post("/v1/drills", document).errors();
    };
    const auto other = made("/v1/monitors", {{"site_id", scene.site}, {"name", "web"}, {"spec", {{"url", "https://a.test/"}}}});
    CHECK(errors_of({{"monitor_id", other}}).find("/monitor_id: is no monitor of the kind drill") != std::string::npos);
    CHECK(errors_of({{"monitor_id", new_id<MonitorId>().text()}}).find("/monitor_id: there is no such monitor") != std::string::npos);
    CHECK(errors_of({{"channel_id", new_id<ChannelId>().text()}}).find("/channel_id: there is no such channel") != std::string::npos);
    CHECK(errors_of({{"schedule", "61 * * * *"}}).find("/schedule: ") != std::string::npos);
    CHECK(errors_of({{"schedule", "FREQ=DAILY"}}).find("/schedule: must be a cron expression") != std::string::npos);
    CHECK(errors_of({{"time_zone", "Mars/Olympus"}}).find("/time_zone: ") != std::string::npos);
    CHECK(errors_of({{"within_ms", 1'000}}).find("/within_ms: ") != std::string::npos);
    CHECK(errors_of({{"next_at", nullptr}}).find("/next_at: ") != std::string::npos);
}

TEST_CASE("with its monitor or its channel a drill goes") {
    const auto& api = stand().admin();
    const Scene first, second;
    CHECK(api.del("/v1/monitors/" + first.monitor).status == 204);
    CHECK(api.get(first.path).status == 404);
    CHECK(api.del("/v1/channels/" + second.channel).status == 204);
    CHECK(api.get(second.path).status == 404);
}

TEST_CASE("a run makes its monitor fail, follows what comes of it, and ends once; another one is refused meanwhile") {
    const auto& api = stand().admin();
    const Scene scene;
    CHECK(api.post(scene.path + "/run", Json()).status == 202);
    CHECK(api.post(scene.path + "/run", Json()).status == 409);
    metrics::Registry registry;
    drill::Drills drills(stand().pool(), registry, "test drills");
    drills.start();
    REQUIRE(scene.is("running"));
    const auto spec = api.get("/v1/monitors/" + scene.monitor).json()["spec"];
    CHECK(spec["fails_until"] == scene.last_run()["fails_until"]);
    CHECK(scene.number("select count(*) from monitor where id = " + std::to_string(MonitorId::parse(scene.monitor)->value()) + " and job_spec like '%fails_until%' and version = 2") == 1);

    // As engine and notifier write them.
    const auto incident = new_id<IncidentId>();
    const auto event = new_id<EventId>();
    stand().run("insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at) "
                "select $2, site_id, shard, 'outage', 'open', 'critical', 't', now(), now() from monitor where id = $1", {*MonitorId::parse(scene.monitor), incident});
    stand().run("insert into incident_monitor (incident_id, monitor_id, joined_at, cause) values ($1, $2, now(), 'assertion')", {incident, *MonitorId::parse(scene.monitor)});
    REQUIRE(eventually([&] { return scene.last_run()["incident_id"] == incident.text(); }));
    CHECK(scene.last_run()["state"] == "running");
    stand().run("insert into outbox (id, at, kind, incident_id, seq, payload) values ($1, now(), 'incident.opened', $2, 1, '{}')", {event, incident});
    stand().run("insert into delivery (id, event_id, channel_id, event_kind, incident_id, seq, state, next_at, done_at) values ($1, $2, $3, 'incident.opened', $4, 1, 'sent', now(), now())",
                {new_id<DeliveryId>(), event, *ChannelId::parse(scene.channel), incident});
    REQUIRE(scene.is("passed"));
    const auto run = scene.last_run();
    CHECK(run["reason"] == "");
    for (const auto* step : {"began_at", "opened_at", "planned_at", "told_at", "ended_at"}) CHECK_MESSAGE(run[step].is_string(), step);
    CHECK(registry.counter({"sonde_drill_runs_total", ""}, {{"outcome", "passed"}}).value() == 1);
    CHECK(scene.number("select count(*) from outbox where kind = 'drill.failed' and payload #>> '{drill,id}' = '" + scene.id + "'") == 0);
    CHECK(api.post(scene.path + "/run", Json()).status == 202);  // the next one may come
}

TEST_CASE("a run of a monitor that nobody checks fails at once, and that is told") {
    const auto& api = stand().admin();
    const Scene scene;
    REQUIRE(api.patch("/v1/monitors/" + scene.monitor, {{"paused", true}}).status == 200);
    REQUIRE(api.post(scene.path + "/run", Json()).status == 202);
    metrics::Registry registry;
    drill::Drills drills(stand().pool(), registry, "test drills");
    drills.start();
    REQUIRE(scene.is("failed"));
    CHECK(scene.last_run()["reason"] == "monitor_silent");
    CHECK(scene.number("select count(*) from outbox where kind = 'drill.failed' and payload #>> '{drill,id}' = '" + scene.id + "'") == 1);
    CHECK(api.get(scene.path + "/runs").json()["items"].size() == 1);
    CHECK(registry.counter({"sonde_drill_runs_total", ""}, {{"outcome", "monitor_silent"}}).value() == 1);
}

TEST_CASE("a drill is applied from files by keys, changed, exported and pruned") {
    const auto& api = stand().admin();
    const auto files = [&](const Json& resources) {
        const auto answer = api.post("/v1/apply", {{"owner", "drilling"}, {"mode", "apply"}, {"prune", true}, {"resources", resources}});
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        return answer.json()["steps"].size();
    };
    const auto of = [](const char* kind, const char* key, Json set) { return Json{{"kind", kind}, {"key", key}, {"set", std::move(set)}}; };
    Json resources = Json::array({of("site", "exercise", {{"name", "Exercise"}}), of("monitor", "exercise/fails", {{"name", "fails"}, {"kind", "drill"}, {"spec", Json::object()}}),
                                  of("channel", "drill-pager", {{"kind", "webhook"}, {"name", "Pager"}, {"config", {{"url", "https://p.example/"}}},
                                                                {"secrets", {{"signing_key", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}}}}),
                                  of("drill", "weekly", {{"monitor", "exercise/fails"}, {"channel", "drill-pager"}, {"name", "Weekly exercise"},
                                                         {"schedule", "0 10 * * mon"}, {"within_ms", 90'000}})});
    CHECK(files(resources) == 4);
    CHECK(files(resources) == 0);
    const auto exported = api.get("/v1/export?owner=drilling").json();
    const auto found = std::find_if(exported["resources"].begin(), exported["resources"].end(), [](const auto& one) { return one["kind"] == "drill" && one["key"] == "weekly"; });
    REQUIRE(found != exported["resources"].end());
    CHECK(json::same_content((*found)["set"], resources[3]["set"]));
    resources[3]["set"]["monitor"] = "exercise/nothing";
    const auto refused = api.post("/v1/apply", {{"owner", "drilling"}, {"mode", "apply"}, {"resources", resources}});
    CHECK(refused.errors() == "/resources/3/set/monitor: there is no monitor \"exercise/nothing\" in these files\n");
    resources[3]["set"]["monitor"] = "exercise/fails";
    resources[1]["set"]["kind"] = "heartbeat";
    resources[1]["set"]["spec"] = {{"period_ms", 60'000}};
    resources[3]["set"]["schedule"] = "0 11 * * mon";
    CHECK(api.post("/v1/apply", {{"owner", "drilling"}, {"mode", "apply"}, {"resources", resources}}).status == 422);
    resources[1]["set"] = {{"name", "fails"}, {"kind", "drill"}, {"spec", Json::object()}};
    CHECK(files(resources) == 1);
    CHECK(files(Json::array()) == 4);
    CHECK(api.get("/v1/drills?limit=500").body.find("Weekly exercise") == std::string::npos);
}

}  // namespace api_drill_test

// Heartbeat monitors through the API.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "lib/base/instant.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_heartbeat_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json wanted(const std::string& site) {
    return {{"site_id", site}, {"kind", "heartbeat"}, {"name", "nightly"}, {"spec", {{"schedule", "30 2 * * *"}, {"time_zone", "Europe/Berlin"}}}};
}

Json made(const std::string& site) {
    const auto answer = stand().admin().post("/v1/monitors", wanted(site));
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json();
}

}  // namespace

TEST_CASE("a heartbeat monitor has what applies to it, and a token for administrators alone") {
    const auto monitor = made(stand().make_site());
    CHECK(monitor["spec"] == Json{{"schedule", "30 2 * * *"}, {"time_zone", "Europe/Berlin"}, {"grace_ms", 300'000}});
    CHECK(monitor["policy"] == Json{{"recovery_rounds", 1}});
    for (const auto* field : {"interval_ms", "timeout_ms", "regions", "placement"}) CHECK_FALSE(monitor.contains(field));
    CHECK(monitor["next_check_at"].is_null());
    CHECK(monitor["state"] == "pending");
    const auto& heartbeat = monitor["heartbeat"];
    CHECK(heartbeat["ping_token"].get<std::string>().size() == 32);
    CHECK(heartbeat["ping_url"] == "/ping/" + heartbeat["ping_token"].get<std::string>());
    CHECK(heartbeat["deadline_at"].is_null());
    const auto path = "/v1/monitors/" + monitor["id"].get<std::string>();
    CHECK_FALSE(stand().viewer().get(path).json()["heartbeat"].contains("ping_token"));
    CHECK_FALSE(stand().operate().get(path).json()["heartbeat"].contains("ping_url"));
    CHECK(stand().viewer().get(path).json()["votes"][0]["verdict"] == "absent");
    CHECK(stand().operate().post(path + "/rotate_ping_token", Json::object()).status == 403);
}

TEST_CASE("what is for checks from regions is refused, each with its place") {
    auto body = wanted(stand().make_site());
    body["interval_ms"] = 60'000;
    body["timeout_ms"] = 1'000;
    body["regions"] = {"eu"};
    body["placement"] = "all";
    body["policy"] = {{"quorum", "all"}, {"recovery_rounds", 2}};
    body["heartbeat"] = Json::object();
    const auto answer = stand().admin().post("/v1/monitors", body);
    CHECK(answer.status == 422);
    for (const auto* place : {"/interval_ms", "/timeout_ms", "/regions", "/placement", "/policy/quorum"}) {
        CHECK_MESSAGE(answer.errors().find(fmt::format("{}: does not apply to the kind heartbeat", place)) != std::string::npos, answer.errors());
    }
    CHECK(answer.errors().find("/heartbeat: is set by the server") != std::string::npos);
    CHECK(stand().admin().post("/v1/regions", {{"name", "push"}}).errors() == "/name: is reserved: it is where pings come from\n");
}

TEST_CASE("a heartbeat monitor is edited as others are, and keeps its token") {
    const auto monitor = made(stand().make_site());
    const auto path = "/v1/monitors/" + monitor["id"].get<std::string>();
    const auto by_period = stand().admin().patch(path, {{"spec", {{"schedule", nullptr}, {"time_zone", nullptr}, {"period_ms", 60'000}}}, {"policy", {{"recovery_rounds", 3}}}});
    REQUIRE_MESSAGE(by_period.status == 200, by_period.body);
    CHECK(by_period.json()["spec"] == Json{{"period_ms", 60'000}, {"grace_ms", 300'000}});
    CHECK(by_period.json()["policy"] == Json{{"recovery_rounds", 3}});
    CHECK(by_period.json()["heartbeat"]["ping_token"] == monitor["heartbeat"]["ping_token"]);
    CHECK(stand().admin().post("/v1/monitors/" + stand().make_monitor(stand().make_site()) + "/rotate_ping_token", Json::object()).status == 409);
    CHECK(stand().operate().post(path + "/check", Json::object()).status == 409);
    const auto rotated = stand().admin().post(path + "/rotate_ping_token", Json::object());
    CHECK(rotated.json()["heartbeat"]["ping_token"] != monitor["heartbeat"]["ping_token"]);
}

TEST_CASE("what the engine knows of a heartbeat is shown, and its pings with the beginning of what they said") {
    const auto monitor = made(stand().make_site());
    const auto id = *MonitorId::parse(monitor["id"].get<std::string>());
    const auto path = "/v1/monitors/" + id.text();
    stand().run("insert into monitor_state (monitor_id, state, since, core) values ($1, 'down', now(), $2)",
                {id, R"({"known":"down","heartbeat":{"pings":[],"last_ping":1700000000000,"last_success":1600000000000,"last_run":2500},)"
                     R"("votes":[{"region":0,"slot":1700000000000,"attempt":3,"at":1700000000000,"verdict":"down","class":"heartbeat_failed","message":"why"}]})"});
    const auto shown = stand().viewer().get(path).json();
    CHECK(shown["heartbeat"] == Json{{"last_ping_at", "2023-11-14T22:13:20.000Z"}, {"last_success_at", "2020-09-13T12:26:40.000Z"},
                                     {"deadline_at", nullptr}, {"last_run_ms", 2500}});
    CHECK(shown["votes"][0]["region"] == "push");
    CHECK(shown["votes"][0]["class"] == "heartbeat_failed");
    CHECK(shown["votes"][0]["message"] == "why");

    Json detail{{"heartbeat", {{"ping", "fail"}, {"body", std::string(5000, 'x')}}}};
    stand().run("insert into result (slot, monitor_id, started_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id,"
                " attempt, http_status, verdict, failure_class, backfilled, detail) values (now(), $1, now(), 0, 0, 0, 0, 0, 0, 0, 3, 0, 2, 23, false, $2)",
                {id, json::dump(detail)});
    const auto results = stand().viewer().get(path + "/results?region=push").json();
    REQUIRE(results["items"].size() == 1);
    CHECK(results["items"][0]["region"] == "push");
    CHECK(results["items"][0]["class"] == "heartbeat_failed");
    CHECK(results["items"][0]["detail"]["heartbeat"]["body"].get<std::string>().size() == 1000);
    const auto whole = stand().viewer().get(path + "/results?whole_bodies=true&limit=20").json();
    CHECK(whole["items"][0]["detail"]["heartbeat"]["body"].get<std::string>().size() == 5000);
    CHECK(stand().viewer().get(path + "/results?whole_bodies=true").status == 422);
}

}  // namespace api_heartbeat_test

#include <doctest/doctest.h>

#include "lib/base/routing_id.h"
#include "tests/integration/controlplane/api_world.h"

namespace api_escalation_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string made(const std::string& path, const Json& body) {
    const auto answer = stand().admin().post(path, body);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["id"];
}
std::string channel(const std::string& name = "ops") {
    return made("/v1/channels", {{"kind", "webhook"}, {"name", name}, {"config", {{"url", "https://hooks.example/x"}}}});
}
Json step(std::int64_t after_ms, const std::vector<std::string>& channels) {
    return {{"after_ms", after_ms}, {"channels", channels}, {"users", Json::array()}, {"schedules", Json::array()}};
}

}  // namespace

TEST_CASE("an escalation is made with defaults, replaced, patched, found and deleted") {
    const auto& api = stand().admin();
    const auto to = channel();
    const auto created = api.post("/v1/escalations", {{"name", "Night of the owls"}, {"steps", {step(0, {}), step(300'000, {to})}}});
    REQUIRE_MESSAGE(created.status == 201, created.body);
    const auto path = created.header("location");
    const auto shown = created.json();
    CHECK(shown["repeat"] == Json{{"times", 0}, {"after_ms", 1'800'000}});
    CHECK(shown["steps"] == Json{step(0, {}), step(300'000, {to})});
    CHECK(api.get(path).json() == shown);
    const auto patched = api.patch(path, {{"repeat", {{"times", 2}}}}).json();
    CHECK(patched["repeat"] == Json{{"times", 2}, {"after_ms", 1'800'000}});
    CHECK(patched["version"] == 2);
    CHECK(api.patch(path, {{"repeat", {{"times", 2}}}}).json()["version"] == 2);
    CHECK(api.get("/v1/escalations?q=owls&fields=name&channel_id=" + to).json()["items"] == Json{{{"id", shown["id"]}, {"name", "Night of the owls"}}});
    CHECK(api.send("PUT", path, json::dump({{"name", "Day"}, {"steps", {step(1, {to})}}})).json()["repeat"]["times"] == 0);
    CHECK(api.get("/v1/escalations?sort=-name&limit=1").json()["items"].size() == 1);
    CHECK(stand().operate().del(path).status == 403);
    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);
}

TEST_CASE("each mistake of an escalation is told at its place") {
    const auto& api = stand().admin();
    const auto to = channel();
    const auto nobody = new_id<ChannelId>().text();
    const auto errors = api.post("/v1/escalations", {{"name", ""}, {"steps", {step(-1, {to, to}), {{"channels", {to}}}, {{"after_ms", 1}, {"colour", "red"}}}}, {"repeat", {{"times", 11}}}}).errors();
    for (const auto* at : {"/name: ", "/steps/0/after_ms: ", "/steps/0/channels/1: is there twice", "/steps/1: ", "/steps/2/colour: ", "/repeat/times: "}) {
        CHECK_MESSAGE(errors.find(at) != std::string::npos, at << "\n" << errors);
    }
    CHECK(api.post("/v1/escalations", {{"name", "n"}, {"steps", Json::array()}}).errors() == "/steps: must have one at least\n");
    CHECK(api.post("/v1/escalations", {{"name", "n"}, {"steps", {step(0, {to}), step(0, {to, nobody})}}}).errors() == "/steps/1/channels/1: there is no such channel\n");
}

TEST_CASE("routes and overrides name an escalation and have reminders; what is deleted is named no more") {
    const auto& api = stand().admin();
    const auto gone = channel("gone");
    const auto stays = channel("stays");
    const auto site = stand().make_site("escalated");
    const auto escalation = made("/v1/escalations", {{"name", "e"}, {"steps", {step(0, {gone}), step(0, {gone, stays})}}});
    const Json reminders{{"every_ms", 60'000}};
    const auto route = "/v1/routes/" + made("/v1/routes", {{"name", "r"}, {"channels", {stays}}, {"escalation_id", escalation}, {"reminders", reminders}});
    const auto site_own = "/v1/route-overrides/" + made("/v1/route-overrides", {{"site_id", site}, {"escalation_id", escalation}, {"reminders", reminders}});
    const Json whole{{"every_ms", 60'000}, {"at_most", 10}, {"while_acknowledged", false}};
    CHECK(api.get(route).json()["reminders"] == whole);
    CHECK(api.get(site_own).json()["reminders"] == whole);
    CHECK(api.get("/v1/routes?escalation_id=" + escalation).json()["items"].size() == 1);
    CHECK(api.patch(route, {{"reminders", {{"at_most", 3}}}}).json()["reminders"]["at_most"] == 3);
    CHECK(api.patch(route, {{"reminders", nullptr}}).json()["reminders"].is_null());
    CHECK(api.patch(route, {{"reminders", {{"at_most", 3}}}}).errors().starts_with("/reminders: "));
    CHECK(api.patch(route, {{"escalation_id", new_id<EscalationId>().text()}}).errors() == "/escalation_id: there is no such escalation\n");
    CHECK(api.patch(route, {{"reminders", {{"every_ms", 1}}}}).status == 422);

    REQUIRE(api.del("/v1/channels/" + gone).status == 204);
    CHECK(api.get("/v1/escalations/" + escalation).json()["steps"] == Json{step(0, {}), step(0, {stays})});
    CHECK(api.patch("/v1/escalations/" + escalation, {{"name", "f"}}).status == 200);
    const auto version = api.get(route).json()["version"].get<int>();
    REQUIRE(api.del("/v1/escalations/" + escalation).status == 204);
    CHECK(api.get(route).json()["escalation_id"].is_null());
    CHECK(api.get(route).json()["version"] == version + 1);
    CHECK(api.get(site_own).json()["escalation_id"].is_null());
}

TEST_CASE("escalations and reminders are applied from files by keys, changed, exported and pruned") {
    const auto& api = stand().admin();
    const auto files = [&](const Json& resources, bool changes = true) {
        const auto answer = api.post("/v1/apply", {{"owner", "escalating"}, {"mode", "apply"}, {"prune", true}, {"resources", resources}});
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        CHECK(answer.json()["steps"].empty() != changes);
        return answer.json();
    };
    const auto of = [](const char* kind, const char* key, Json set) { return Json{{"kind", kind}, {"key", key}, {"set", std::move(set)}}; };
    Json resources = Json::array({of("site", "shop", {{"name", "Shop"}}),
                                  of("channel", "night-pager", {{"kind", "webhook"}, {"name", "Pager"}, {"config", {{"url", "https://p.example/"}}},
                                                                {"secrets", {{"signing_key", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}}}}),
                                  of("escalation", "night", {{"name", "Night"}, {"steps", {step(0, {"night-pager"}), step(300'000, {"night-pager"})}}}),
                                  of("route", "late", {{"name", "Late"}, {"channels", {"night-pager"}}, {"escalation", "night"}, {"reminders", {{"every_ms", 3'600'000}}}}),
                                  of("route_override", "shop", {{"site", "shop"}, {"escalation", "night"}})});
    CHECK(files(resources)["steps"].size() == 5);
    files(resources, false);
    int seen = 0;
    const auto answered = api.get("/v1/export?owner=escalating");
    REQUIRE_MESSAGE(answered.status == 200, answered.body);
    const auto exported = answered.json();
    for (const auto& resource : exported["resources"]) {
        for (const auto& wanted : resources) {
            if (resource["kind"] != wanted["kind"] || resource["key"] != wanted["key"] || wanted["kind"] == "channel") continue;
            auto set = wanted["set"];
            if (wanted["kind"] == "route") set["reminders"] = {{"every_ms", 3'600'000}, {"at_most", 10}, {"while_acknowledged", false}};
            CHECK_MESSAGE(json::same_content(resource["set"], set), resource.dump());
            ++seen;
        }
    }
    CHECK(seen == 4);
    resources[2]["set"]["steps"][1]["channels"][0] = "nobody";
    const auto refused = api.post("/v1/apply", {{"owner", "escalating"}, {"mode", "apply"}, {"resources", resources}});
    CHECK(refused.errors() == "/resources/2/set/steps/1/channels/0: there is no channel \"nobody\" in these files\n");
    resources[2]["set"]["steps"] = {step(0, {"night-pager"})};
    resources[3]["set"].erase("reminders");
    resources[4]["set"].erase("escalation");
    files(resources);
    files(resources, false);
    CHECK(api.get("/v1/routes?limit=500").body.find("\"reminders\":{") == std::string::npos);
    files(Json::array());
    CHECK(api.get("/v1/escalations?limit=500").body.find("\"Night\"") == std::string::npos);
}

}  // namespace api_escalation_test

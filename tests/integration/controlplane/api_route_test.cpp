#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_world.h"

namespace api_route_test {

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

}  // namespace

TEST_CASE("a route is made with defaults, replaced, patched field by field, and deleted") {
    const auto& api = stand().admin();
    const auto to = channel();
    const auto site = stand().make_site("routed");
    const auto created = api.post("/v1/routes", {{"name", "r"}, {"channels", {to}}, {"match", {{"sites", {site}}}}});
    REQUIRE(created.status == 201);
    const auto route = created.json();
    const auto path = created.header("location");
    CHECK(route["position"] == 100);
    CHECK(route["continue"] == false);
    CHECK(route["match"] == Json{{"severities", Json::array()}, {"tags", Json::array()}, {"events", Json::array()}, {"regions", Json::array()}, {"sites", {site}}});
    CHECK(api.get(path).json() == route);

    const auto patched = api.patch(path, {{"match", {{"severities", {"critical"}}}}, {"continue", true}}).json();
    CHECK(patched["match"]["severities"] == Json{"critical"});
    CHECK(patched["match"]["sites"] == Json{site});
    CHECK(patched["version"] == 2);
    CHECK(api.patch(path, {{"continue", true}}).json()["version"] == 2);
    const auto put = api.send("PUT", path, json::dump({{"name", "s"}, {"channels", Json::array()}})).json();
    CHECK(put["match"]["sites"].empty());
    CHECK(put["continue"] == false);
    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);
}

TEST_CASE("each mistake of a route is told at its place") {
    const auto& api = stand().admin();
    const auto to = channel();
    const auto nobody = new_id<ChannelId>().text();
    CHECK(api.post("/v1/routes", {{"name", "r"}, {"channels", {to, to, "x"}},
                                  {"match", {{"severities", {"fatal"}}, {"events", {"monitor.sang"}}, {"regions", {"EU"}}, {"colour", "red"}}}})
              .errors()
              .find("/match/colour") != std::string::npos);
    const auto errors = api.post("/v1/routes", {{"name", ""}, {"channels", {to, to, "x"}}, {"match", {{"severities", {"fatal"}}, {"events", {"monitor.sang"}}, {"regions", {"EU"}}}}}).errors();
    for (const auto* at : {"/name: ", "/channels/1: is there twice", "/channels/2: is not an identifier", "/match/severities/0: must be one of critical, major, minor",
                           "/match/events/0: ", "/match/regions/0: is not the name of a region"}) {
        CHECK_MESSAGE(errors.find(at) != std::string::npos, at << "\n" << errors);
    }
    CHECK(api.post("/v1/routes", {{"name", "r"}, {"channels", {to, nobody}}}).errors() == "/channels/1: there is no such channel\n");
    CHECK(api.post("/v1/routes", {{"name", "r"}, {"channels", {to}}, {"position", -1}}).status == 422);
    CHECK(stand().operate().post("/v1/routes", {{"name", "r"}, {"channels", {to}}}).status == 403);
}

TEST_CASE("routes are listed in the order in which they are asked, page by page") {
    const auto to = channel("listed");
    for (const auto position : {30, 10, 20, 10}) made("/v1/routes", {{"name", std::to_string(position)}, {"position", position}, {"channels", {to}}});
    std::string names;
    for (std::string next = "/v1/routes?limit=1&channel_id=" + to, cursor;;) {
        const auto page = stand().viewer().get(next + cursor).json();
        for (const auto& item : page["items"]) names += item["name"].get<std::string>() + " ";
        if (page["next_cursor"].is_null()) break;
        cursor = "&cursor=" + page["next_cursor"].get<std::string>();
    }
    CHECK(names == "10 10 20 30 ");
}

TEST_CASE("a site has one override, whose fields are told apart from absent ones") {
    const auto& api = stand().admin();
    const auto to = channel();
    const auto site = stand().make_site("overridden");
    const auto id = made("/v1/route-overrides", {{"site_id", site}, {"mute", {to}}});
    const auto path = "/v1/route-overrides/" + id;
    CHECK(api.get(path).json()["replace"] == nullptr);
    CHECK(api.patch(path, {{"replace", Json::array()}}).json()["replace"] == Json::array());
    CHECK(api.get("/v1/route-overrides?site_id=" + site).json()["items"][0]["mute"] == Json{to});
    CHECK(api.patch(path, {{"replace", nullptr}}).json()["replace"] == nullptr);
    const auto again = api.post("/v1/route-overrides", {{"site_id", site}});
    CHECK(again.status == 409);
    CHECK(again.body.find(id) != std::string::npos);
    CHECK(api.patch(path, {{"site_id", stand().make_site("another")}}).errors() == "/site_id: cannot be changed\n");
    CHECK(api.post("/v1/route-overrides", {{"site_id", new_id<SiteId>().text()}}).errors() == "/site_id: there is no such site\n");
}

TEST_CASE("what is deleted is named no more, and a route of one site does not become one of all") {
    const auto& api = stand().admin();
    const auto gone = channel();
    const auto stays = channel();
    const auto one = stand().make_site("one");
    const auto two = stand().make_site("two");
    const auto both = "/v1/routes/" + made("/v1/routes", {{"name", "both"}, {"channels", {gone, stays}}, {"match", {{"sites", {one, two}}}}});
    const auto only = "/v1/routes/" + made("/v1/routes", {{"name", "only"}, {"channels", {stays}}, {"match", {{"sites", {one}}}}});
    const auto of_one = "/v1/route-overrides/" + made("/v1/route-overrides", {{"site_id", one}});
    const auto of_two = "/v1/route-overrides/" + made("/v1/route-overrides", {{"site_id", two}, {"add", {gone}}, {"replace", {gone, stays}}});
    REQUIRE(api.del("/v1/channels/" + gone).status == 204);
    CHECK(api.get(both).json()["channels"] == Json{stays});
    CHECK(api.get(of_two).json()["add"].empty());
    CHECK(api.get(of_two).json()["replace"] == Json{stays});
    REQUIRE(api.del("/v1/sites/" + one).status == 204);
    CHECK(api.get(both).json()["match"]["sites"] == Json{two});
    CHECK(api.get(only).status == 404);
    CHECK(api.get(of_one).status == 404);
    CHECK(api.get(of_two).status == 200);
}

TEST_CASE("routes and overrides are applied from files by keys, changed, exported and pruned") {
    const auto& api = stand().admin();
    const auto files = [&](const Json& resources) {
        const auto answer = api.post("/v1/apply", {{"owner", "routing"}, {"mode", "apply"}, {"prune", true}, {"resources", resources}});
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        return answer.json();
    };
    const auto of = [](const char* kind, const char* key, Json set) { return Json{{"kind", kind}, {"key", key}, {"set", std::move(set)}}; };
    Json resources = Json::array({of("site", "shop", {{"name", "Shop"}}),
                                  of("channel", "pager", {{"kind", "webhook"}, {"name", "Pager"}, {"config", {{"url", "https://p.example/"}}},
                                                          {"secrets", {{"signing_key", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}}}}),
                                  of("route", "critical", {{"name", "Critical"}, {"channels", {"pager"}}, {"match", {{"severities", {"critical"}}, {"sites", {"shop"}}}}}),
                                  of("route_override", "shop", {{"site", "shop"}, {"mute", {"pager"}}})});
    CHECK(files(resources)["steps"].size() == 4);
    const auto answered = api.get("/v1/export?owner=routing");
    REQUIRE_MESSAGE(answered.status == 200, answered.body);
    const auto exported = answered.json();
    int seen = 0;
    for (const auto& resource : exported["resources"]) {
        if (resource["kind"] == "route" && resource["key"] == "critical") {
            CHECK(resource["set"] == resources[2]["set"]);
            ++seen;
        }
        if (resource["kind"] == "route_override" && resource["key"] == "shop") {
            CHECK(resource["set"] == resources[3]["set"]);
            ++seen;
        }
    }
    CHECK(seen == 2);
    resources[2]["set"]["position"] = 5;
    const auto changed = files(resources);
    for (const auto& step : changed["steps"]) {
        if (step["kind"] == "route") CHECK(step["changes"] == Json::array({{{"field", "/position"}, {"old", 100}, {"new", 5}, {"by_hand", false}}}));
    }
    files(Json::array());
    CHECK(api.get("/v1/routes?limit=500").body.find("Critical") == std::string::npos);
}

}  // namespace api_route_test

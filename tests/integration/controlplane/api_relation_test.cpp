// Dependencies and groups over the API, and what is suppressed because of them.
#include <doctest/doctest.h>

#include "lib/base/relation_id.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_relation_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json node(const std::string& kind, const std::string& id) { return {{"kind", kind}, {"id", id}}; }

struct Three {
    std::string site = stand().make_site("Shop");
    std::string a = stand().make_monitor(site, "A");
    std::string b = stand().make_monitor(site, "B");
    std::string c = stand().make_monitor(site, "C");

    Answer depends(const std::string& child, const std::string& parent) {
        return stand().admin().post("/v1/dependencies", {{"child", node("monitor", child)}, {"parent", node("monitor", parent)}});
    }
    Json group(int needed) { return {{"site_id", site}, {"name", "Web"}, {"needed", needed}, {"members", {a, b, c}}}; }
};

}  // namespace

TEST_CASE("a dependency is made, read, changed and deleted as everything is") {
    const auto& api = stand().admin();
    Three it;
    const auto made = it.depends(it.a, it.b);
    REQUIRE(made.status == 201);
    const auto path = made.header("location");
    CHECK(made.json()["child"] == node("monitor", it.a));
    CHECK(it.depends(it.a, it.b).status == 409);
    CHECK(api.patch(path, {{"note", "behind it"}}, {"If-Match: " + made.header("etag")}).json()["version"] == 2);
    CHECK(api.patch(path, {{"parent", node("monitor", it.c)}}).json()["parent"]["id"] == it.c);
    CHECK(api.get("/v1/dependencies?child_id=" + it.a).json()["items"].size() == 1);
    CHECK(api.get("/v1/dependencies?parent_id=" + it.b).json()["items"].empty());
    CHECK(api.get("/v1/dependencies?parent_id=nobody").status == 422);
    CHECK(stand().operate().del(path).status == 403);
    SUBCASE("by itself") { CHECK(api.del(path).status == 204); }
    SUBCASE("with the child") { CHECK(api.del("/v1/monitors/" + it.a).status == 204); }
    SUBCASE("with the parent") { CHECK(api.del("/v1/monitors/" + it.c).status == 204); }
    SUBCASE("with the site of both") { CHECK(api.del("/v1/sites/" + it.site).status == 204); }
    CHECK(api.get(path).status == 404);
}

TEST_CASE("a circle is refused, with the way it goes") {
    const auto& api = stand().admin();
    Three it;
    REQUIRE(it.depends(it.b, it.a).status == 201);
    REQUIRE(it.depends(it.c, it.b).status == 201);
    const auto circle = it.depends(it.a, it.c);
    CHECK(circle.status == 422);
    CHECK(circle.errors() == "/parent: closes a circle: Shop / A → Shop / C → Shop / B → Shop / A\n");
    CHECK(it.depends(it.a, it.a).errors() == "/parent: must be another one than the child\n");
    const std::string edge = api.get("/v1/dependencies?child_id=" + it.b).json()["items"][0]["id"];
    CHECK(api.patch("/v1/dependencies/" + edge, {{"parent", node("monitor", it.c)}}).status == 422);

    const auto other = stand().make_site("Office");
    const auto inside = stand().make_monitor(other, "D");
    REQUIRE(api.post("/v1/dependencies", {{"child", node("site", other)}, {"parent", node("monitor", it.c)}}).status == 201);
    CHECK(it.depends(it.a, inside).errors() == "/parent: closes a circle: Shop / A → Office / D → Shop / C → Shop / B → Shop / A\n");
    CHECK_MESSAGE(api.post("/v1/dependencies", {{"child", node("site", other)}, {"parent", node("monitor", inside)}}).status == 201,
                  "a site may depend on one of its own monitors");
    CHECK(api.post("/v1/dependencies", {{"child", node("site", other)}, {"parent", node("site", other)}}).status == 422);
}

TEST_CASE("ends that are not there, or not of the right kind, are refused") {
    const auto& api = stand().admin();
    Three it;
    CHECK(it.depends("mon_0000000000000", it.a).errors() == "/child/id: there is no such monitor\n");
    CHECK(api.post("/v1/dependencies", {{"child", node("group", "grp_0000000000000")}, {"parent", node("monitor", it.a)}}).errors() ==
          "/child/kind: must be monitor or site: a group depends on nothing but its members\n");
    CHECK(api.post("/v1/dependencies", {{"child", node("site", it.a)}, {"parent", node("monitor", it.a)}}).errors() ==
          "/child/id: is not an identifier of the right kind\n");
    CHECK(api.post("/v1/dependencies", {{"child", node("monitor", it.a)}}).errors() == ": the field \"parent\" is required\n");
}

TEST_CASE("a group is made, read, changed and deleted as everything is") {
    const auto& api = stand().admin();
    Three it;
    const auto made = api.post("/v1/groups", it.group(2));
    REQUIRE(made.status == 201);
    const auto path = made.header("location");
    CHECK(made.json()["state"] == "pending");
    CHECK(made.json()["pages"] == true);
    CHECK(api.patch(path, {{"needed", 3}}).json()["version"] == 2);
    CHECK(api.get("/v1/groups?member_id=" + it.b).json()["items"].size() == 1);
    CHECK(api.get("/v1/groups?site_id=" + it.site + "&state=down").json()["items"].empty());
    const std::string id = made.json()["id"];
    stand().run("insert into group_state (group_id, state, since, core) values ($1, 'down', now(), "
                R"('{"state":"down","since":1000,"members":3,"up":1,"degraded":0,"down":2,"excused":0,"unknown":0}'))",
                {*GroupId::parse(id)});
    CHECK(api.get("/v1/groups?site_id=" + it.site + "&state=down").json()["items"][0]["counts"]["down"] == 2);
    CHECK(api.del("/v1/monitors/" + it.c).status == 204);
    CHECK(api.get(path).json()["members"] == Json({it.a, it.b}));
    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);
}

TEST_CASE("what is no group is refused with where and why") {
    const auto& api = stand().admin();
    Three it;
    const auto errors = [&](const Json& patch) {
        auto body = it.group(2);
        body.merge_patch(patch);
        return api.post("/v1/groups", body).errors();
    };
    CHECK(errors({{"needed", 4}}) == "/needed: must be at most the number of members, which is 3\n");
    CHECK(errors({{"needed", 0}}).starts_with("/needed: must be "));
    CHECK(errors({{"members", Json::array()}}) == "/members: must have at least one monitor\n");
    CHECK(errors({{"members", {it.a, it.a}}}).starts_with("/members: has mon_"));
    CHECK(errors({{"members", {it.a, "mon_0000000000000"}}}) == "/members/1: there is no such monitor\n");
    CHECK(errors({{"members", Json(std::vector<std::string>(201, it.a))}}).starts_with("/members: "));
    CHECK(errors({{"site_id", "sit_0000000000000"}}) == "/site_id: there is no such site\n");
    CHECK(errors({{"pages", false}, {"quiet_members", true}}) == "/quiet_members: needs a group that pages: else nobody would hear of an outage\n");

    const std::string group = api.post("/v1/groups", it.group(2)).json()["id"];
    const auto other = stand().make_monitor(stand().make_site("Office"), "D");
    REQUIRE(api.post("/v1/dependencies", {{"child", node("monitor", other)}, {"parent", node("group", group)}}).status == 201);
    CHECK(api.patch("/v1/groups/" + group, {{"members", {it.a, it.b, other}}}).errors() == "/members/2: closes a circle: group Web → Office / D → group Web\n");
    CHECK(api.patch("/v1/groups/" + group, {{"site_id", stand().make_site()}}).errors() == "/site_id: cannot be changed\n");
}

TEST_CASE("the blast radius of an incident is listed, and so is whatever else is suppressed") {
    const auto& api = stand().viewer();
    Three it;
    const auto incident = new_id<IncidentId>();
    const auto site = *SiteId::parse(it.site);
    stand().run("insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at, affected_monitors, affected_sites)"
                " values ($1, $2, 0, 'outage', 'open', 'critical', 'A is down', now() - interval '1 minute', now(), 1, 1)", {incident, site});
    stand().run("insert into incident_monitor (incident_id, monitor_id, joined_at, cause) values ($1, $2, now(), 'reset')", {incident, *MonitorId::parse(it.a)});
    stand().run("insert into suppression (monitor_id, site_id, scope, cover, source_kind, source_id, root_kind, root_id, since) values"
                " ($1, $2, 'outage', 'dependency', 'monitor', $3, 'monitor', $3, now())", {*MonitorId::parse(it.b), site, *MonitorId::parse(it.a)});
    stand().run("insert into suppression (monitor_id, site_id, scope, cover, source_id, since, ended_at, end_reason) values"
                " ($1, $2, 'outage', 'maintenance', 77, now(), now(), 'over')", {*MonitorId::parse(it.c), site});
    CHECK(api.get("/v1/incidents/" + incident.text()).json()["affected"] == Json({{"monitors", 1}, {"sites", 1}}));
    const auto affected = api.get("/v1/incidents/" + incident.text() + "/affected").json()["items"];
    REQUIRE(affected.size() == 1);
    CHECK(affected[0]["monitor_id"] == it.b);
    CHECK(affected[0]["root"] == node("monitor", it.a));
    CHECK(api.get("/v1/incidents/" + incident.text() + "/affected?open=false").json()["items"].empty());
    CHECK(api.get("/v1/suppressions?site_id=" + it.site).json()["items"].size() == 2);
    CHECK(api.get("/v1/suppressions?site_id=" + it.site + "&cover=maintenance").json()["items"][0]["window_id"] == WindowId{77}.text());
    CHECK(api.get("/v1/suppressions?site_id=" + it.site + "&open=true").json()["items"].size() == 1);
    CHECK(api.get("/v1/incidents/inc_0000000000000/affected").status == 404);
}

}  // namespace api_relation_test

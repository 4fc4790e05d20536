// What people ask of incidents: how it is read, written down for the engine, and answered.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/controlplane/fake_engine.h"

namespace api_lifecycle_test {

using namespace sonde;
using namespace sonde::test;

namespace {

struct Opened {
    std::string site = stand().make_site("Shop");
    IncidentId id = new_id<IncidentId>();
    Opened() {
        const auto site_id = *SiteId::parse(site);
        stand().run(R"(insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at)
                       values ($1, $2, $3, 'outage', 'open', 'critical', 'Shop is down', now(), now()))",
                    {id, site_id, shard_of(site_id)});
    }
    [[nodiscard]] std::string path(const std::string& rest = "") const { return "/v1/incidents/" + id.text() + rest; }
    [[nodiscard]] Json last_body() const {
        return stand().pool().transact([&](db::Tx& tx) {
            return *json::parse(tx.run_text("select body::text from incident_command where incident_id = $1 order by id desc limit 1", {id})[0].text(0));
        });
    }
};

}  // namespace

TEST_CASE("an incident is opened by hand, and its site must be there") {
    const auto site = stand().make_site("Shop");
    {
        const FakeEngine engine("done");
        const auto answer = stand().operate().post("/v1/incidents", {{"site_id", site}, {"title", "Orders stand"}, {"severity", "major"}, {"comment", "told by phone"}});
        REQUIRE_MESSAGE(answer.status == 201, answer.body);
        CHECK(answer.json()["opened_by"] == "token:of the operator");
        CHECK(answer.header("location") == "/v1/incidents/" + answer.json()["id"].get<std::string>());
        CHECK(stand().viewer().get(answer.header("location")).json()["title"] == "Orders stand");
    }
    {
        const FakeEngine engine("conflict", "another_is_open");
        const auto answer = stand().operate().post("/v1/incidents", {{"site_id", site}, {"title", "Again"}});
        CHECK(answer.status == 409);
        CHECK(answer.json()["detail"].get<std::string>().find("one at a time: inc_") != std::string::npos);
    }
    CHECK(stand().operate().post("/v1/incidents", {{"site_id", SiteId{1}.text()}, {"title", "x"}}).errors() == "/site_id: there is no such site\n");
    CHECK(stand().viewer().post("/v1/incidents", {{"site_id", site}, {"title", "x"}}).status == 403);
    CHECK(stand().operate().post("/v1/incidents", {{"title", ""}, {"severity", "bad"}, {"monitors", {"x"}}, {"scope", "all"}}).errors() ==
          ": the field \"site_id\" is required\n/title: must be a string of 1 to 200 bytes\n/scope: must be one of \"outage\", \"warning\"\n"
          "/severity: must be one of \"critical\", \"major\", \"minor\"\n/monitors: must be identifiers of monitors\n");
}

TEST_CASE("what is asked is written down with its terms, who asked, and why") {
    const Opened incident;
    const FakeEngine engine("done");
    const auto& people = stand().operate();
    CHECK(people.post(incident.path("/assign"), {{"to", "ann"}, {"comment", "she knows it"}}).status == 200);
    CHECK(incident.last_body()["comment"] == "she knows it");
    CHECK(incident.last_body()["terms"] == Json{{"to", "ann"}});
    CHECK(people.post(incident.path("/assign"), {{"to", nullptr}}).status == 200);
    CHECK(incident.last_body() == Json{{"terms", {{"to", ""}}}});
    CHECK(people.post(incident.path("/severity"), {{"severity", "minor"}}).status == 200);
    CHECK(incident.last_body() == Json{{"terms", {{"severity", "minor"}}}});
    CHECK(people.post(incident.path("/severity"), {{"severity", "auto"}}).status == 200);
    CHECK(incident.last_body() == Json{{"terms", Json::object()}});
    CHECK(people.post(incident.path("/reopen"), {{"auto_resolve", false}}).status == 200);
    CHECK(incident.last_body() == Json{{"terms", {{"auto_resolve", false}}}});
    CHECK(people.send("POST", incident.path("/reopen")).status == 200);
    CHECK(people.patch(incident.path(), {{"title", "Better"}}, {"If-Match: \"1\""}).status == 200);
    CHECK(people.post(incident.path("/updates"), {{"status", "monitoring"}, {"text", "It works again."}}).status == 200);
    CHECK(people.patch(incident.path("/updates/3"), {{"status", "resolved"}, {"text", "It works."}}).status == 200);
    CHECK(incident.last_body()["terms"]["number"] == 3);
    CHECK(!incident.last_body().contains("may_edit_others"));
    CHECK(stand().admin().del(incident.path("/updates/3")).status == 200);
    CHECK(incident.last_body()["may_edit_others"] == true);
    CHECK(people.put(incident.path("/postmortem"), {{"text", "At noon."}, {"published", true}}).status == 200);
    CHECK(incident.last_body()["terms"]["published"] == true);
    CHECK(people.post(incident.path("/resolve"), {{"comment", "it was the disk"}}).status == 200);
    CHECK(incident.last_body()["comment"] == "it was the disk");
}

TEST_CASE("a body that is wrong is refused before the engine is asked") {
    const Opened incident;
    const auto& people = stand().operate();
    CHECK(people.post(incident.path("/assign"), Json::object()).errors() == ": the field \"to\" is required\n");
    CHECK(people.post(incident.path("/severity"), {{"severity", "bad"}}).errors() == "/severity: must be one of \"critical\", \"major\", \"minor\", \"auto\"\n");
    CHECK(people.post(incident.path("/updates"), {{"status", "open"}}).status == 422);
    CHECK(people.patch(incident.path(), {{"state", "resolved"}}).status == 422);
    CHECK(people.patch(incident.path("/updates/no"), {{"status", "resolved"}, {"text", "x"}}).status == 404);
    CHECK(people.put(incident.path("/postmortem"), {{"published", true}}).errors() == ": the field \"text\" is required\n");
    CHECK(people.patch(incident.path(), {{"title", "x"}}, {"If-Match: \"9\""}).status == 412);
    CHECK(stand().viewer().post(incident.path("/reopen"), Json::object()).status == 403);
}

TEST_CASE("every refusal of the engine has its status and says why") {
    const Opened incident;
    const auto answer = [&](const char* outcome, const char* refusal) {
        const FakeEngine engine(outcome, refusal);
        const auto got = stand().operate().post(incident.path("/reopen"), Json::object());
        return std::to_string(got.status) + " " + got.json()["detail"].get<std::string>();
    };
    CHECK(answer("conflict", "too_late").ends_with("longer ago than incidents.reopen_within allows; open a new one"));
    CHECK(answer("conflict", "site_is_gone").starts_with("409 "));
    CHECK(answer("forbidden", "not_the_author") == "403 somebody else wrote this public update; its author or an admin may change it");
    CHECK(answer("not_found", "no_such_update") == "404 there is no such public update, or it was deleted");
    CHECK(answer("conflict", "of_a_newer_engine") == "409 the incident cannot be changed by \"reopen\" in the state it is in");
    CHECK(answer("conflict", "another_is_open").find(incident.id.text()) != std::string::npos);
}

TEST_CASE("public updates and versions of the postmortem are listed and paged") {
    const Opened incident;
    for (int number = 1; number <= 4; ++number) {
        stand().run(R"(insert into incident_update (incident_id, number, status, body, author, at, deleted_at)
                       values ($1, $2, 'investigating', 'We look into it.', 'token:ann', now(), case when $2 = 2 then now() end))",
                    {incident.id, number});
        stand().run(R"(insert into incident_postmortem (incident_id, version, body, root_cause, published, author, at)
                       values ($1, $2, 'text', 'cause', $3, 'token:ann', now()))",
                    {incident.id, number, number == 4});
    }
    auto page = stand().viewer().get(incident.path("/updates?limit=2")).json();
    CHECK(page["items"][1]["number"] == 3);
    page = stand().viewer().get(incident.path("/updates?cursor=" + page["next_cursor"].get<std::string>())).json();
    CHECK(page["items"].size() == 1);
    CHECK(stand().viewer().get(incident.path()).json()["public_status"] == "investigating");
    CHECK(stand().viewer().get(incident.path("/postmortem")).json()["version"] == 4);
    CHECK(stand().viewer().get(incident.path("/postmortem")).json()["published"] == true);
    CHECK(stand().viewer().get(incident.path("/postmortem/versions")).json()["items"].size() == 4);
    CHECK(stand().viewer().get("/v1/incidents/" + IncidentId{1}.text() + "/postmortem").status == 404);
    CHECK(stand().viewer().get("/v1/incidents/" + IncidentId{1}.text() + "/updates").status == 404);
}

TEST_CASE("incidents are found by monitor, severity and whom they are assigned to") {
    const Opened incident;
    const auto monitor = stand().make_monitor(incident.site);
    stand().run("insert into incident_monitor (incident_id, monitor_id, joined_at, cause, regions, named) values ($1, $2, now(), 'reset', '{eu,us}', true)",
                {incident.id, *MonitorId::parse(monitor)});
    stand().run("update incident set assigned_to = 'ann' where id = $1", {incident.id});
    const auto count = [](const std::string& filter) { return stand().viewer().get("/v1/incidents?" + filter).json()["items"].size(); };
    CHECK(count("monitor_id=" + monitor) == 1);
    CHECK(count("monitor_id=" + monitor + "&severity=critical&assigned_to=ann") == 1);
    CHECK(count("monitor_id=" + monitor + "&severity=minor") == 0);
    CHECK(count("monitor_id=" + monitor + "&assigned_to=bob") == 0);
    const auto shown = stand().viewer().get(incident.path()).json();
    CHECK(shown["monitors"][0]["regions"] == Json::array({"eu", "us"}));
    CHECK(shown["monitors"][0]["named"] == true);
    const auto explained = stand().viewer().get(incident.path("/explain"));
    CHECK(explained.status == 200);
}

}  // namespace api_lifecycle_test

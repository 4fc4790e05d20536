// Regions as voters: health, anchors, what a vote is worth; and what people do about advisories.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "lib/base/id.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_region_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// Answers what is asked about regions and advisories as the engine would, with one outcome for all, and keeps what was asked.
class FakeEngine {
public:
    explicit FakeEngine(std::string outcome) : outcome_(std::move(outcome)), thread_([this] { work(); }) {}
    ~FakeEngine() {
        stop_ = true;
        thread_.join();
    }

private:
    void work() {
        while (!stop_) {
            stand().run("update voting_command set done_at = now(), outcome = $1 where done_at is null", {outcome_});
            std::this_thread::sleep_for(milliseconds{5});
        }
    }

    std::string outcome_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

std::string asked_last() {
    return stand().pool().transact([](db::Tx& tx) {
        const auto rows = tx.run_text("select subject || ' ' || action || ' ' || actor || ' ' || comment from voting_command order by id desc limit 1");
        return rows.empty() ? std::string{} : std::string(rows[0].text(0));
    });
}

std::string make_advisory(const std::string& site, const std::string& monitor) {
    const auto id = new_id<AdvisoryId>();
    stand().run("insert into advisory (id, site_id, monitor_id, regions, cause, opened_at) values ($1, $2, $3, '{eu}', 'reset', now())",
                {id, *SiteId::parse(site), *MonitorId::parse(monitor)});
    return "/v1/advisories/" + id.text();
}

}  // namespace

TEST_CASE("a region shows whether its votes count, and by which numbers that was decided") {
    const auto& api = stand().viewer();
    auto health = api.get("/v1/regions/ap").json()["health"];
    CHECK(health["state"] == "voting");
    CHECK(health["reason"] == "none");
    CHECK(health["since"].is_null());
    CHECK(health["now"].is_null());
    stand().run(R"(insert into region_health (region_id, health, ground, since, doubtful_since, evidence)
                   select id, 'quarantined', 'sites_failing_alone', now(), now() - interval '5 minutes', '{"sites_alone": 7}' from region where name = 'ap')");
    stand().run(R"(insert into region_report (region_id, engine, at, shards, alone, well, ill, healthy, anchors, anchors_failing)
                   select id, e, now(), 2, '{1,2,3,4,5,6}', '{0,0,0,0,0,1}', 3, 1, 1, 0 from region, unnest('{a,b}'::text[]) e where name = 'ap')");
    const auto answer = api.get("/v1/regions/ap");
    CHECK(breach_of_contract("GET", "/v1/regions/{region}", answer) == "");
    health = answer.json()["health"];
    CHECK(health["state"] == "quarantined");
    CHECK(health["decided_by"]["sites_alone"] == 7);
    CHECK(health["now"]["sites_alone"] == 12);
    CHECK(health["now"]["ill_since"] == 6);

    // And the votes of monitors say so.
    const auto monitor = stand().make_monitor(stand().make_site());
    const auto shown = api.get("/v1/monitors/" + monitor).json();
    CHECK(shown["votes"].size() >= 3);
    for (const auto& vote : shown["votes"]) {
        CHECK(vote.value("standing", "") == (vote["region"] == "ap" ? "quarantined" : ""));
    }
    stand().run("delete from region_health");
    stand().run("delete from region_report");
}

TEST_CASE("anchors are monitors that there are and that regions check") {
    const auto& api = stand().admin();
    const auto monitor = stand().make_monitor(stand().make_site());
    const auto answer = api.patch("/v1/regions/eu", {{"anchors", {monitor}}});
    REQUIRE(answer.status == 200);
    CHECK(answer.json()["anchors"] == Json::array({monitor}));
    CHECK(api.put("/v1/regions/eu", {{"name", "eu"}, {"anchors", {monitor}}}).json()["version"] == answer.json()["version"]);
    CHECK(api.patch("/v1/regions/eu", {{"anchors", {MonitorId{1}.text()}}}).errors() == "/anchors/0: there is no such monitor that regions check\n");
    CHECK(api.patch("/v1/regions/eu", {{"anchors", {monitor, monitor}}}).errors() == "/anchors: must be identifiers of monitors, each once\n");
    CHECK(api.patch("/v1/regions/eu", {{"health", "fine"}}).status == 422);
    CHECK(api.patch("/v1/regions/eu", {{"anchors", nullptr}}).json()["anchors"] == Json::array());
}

TEST_CASE("an operator quarantines and releases a region through the engine") {
    {
        const FakeEngine engine("done");
        CHECK(stand().operate().post("/v1/regions/us/quarantine", {{"comment", "routers"}}).status == 200);
        CHECK(asked_last().starts_with("region quarantine token:"));
        CHECK(asked_last().ends_with(" routers"));
        CHECK(stand().operate().send("POST", "/v1/regions/us/release").status == 200);
        CHECK(stand().viewer().post("/v1/regions/us/release", Json::object()).status == 403);
        CHECK(stand().operate().post("/v1/regions/nowhere/release", Json::object()).status == 404);
        CHECK(stand().operate().post("/v1/regions/us/release", {{"why", "x"}}).status == 422);
    }
    const auto answer = stand().operate().post("/v1/regions/us/release", Json::object());
    CHECK(answer.status == 503);
    CHECK(answer.header("retry-after") == "5");
    stand().run("update voting_command set done_at = now(), outcome = 'done' where done_at is null");
}

TEST_CASE("one call pages on a region, excludes it, or counts it like the others") {
    const auto& api = stand().operate();
    const auto monitor = stand().make_monitor(stand().make_site());
    const auto path = "/v1/monitors/" + monitor + "/regions/eu";
    CHECK(api.get(path).json()["vote"] == "count");
    auto answer = api.put(path, {{"vote", "page"}});
    REQUIRE(answer.status == 200);
    CHECK(answer.json()["version"] == 2);
    CHECK(api.get("/v1/monitors/" + monitor).json()["policy"]["page_on"] == Json::array({"eu"}));
    CHECK(api.put(path, {{"vote", "page"}}).json()["version"] == 2);
    CHECK(api.put(path, {{"vote", "exclude"}}, {"If-Match: \"1\""}).status == 412);
    answer = api.put(path, {{"vote", "exclude"}}, {"If-Match: " + answer.header("etag")});
    REQUIRE(answer.status == 200);
    const auto policy = api.get("/v1/monitors/" + monitor).json()["policy"];
    CHECK(policy["page_on"] == Json::array());
    CHECK(policy["exclude"] == Json::array({"eu"}));
    CHECK(api.put(path, {{"vote", "count"}}).json()["vote"] == "count");
    CHECK(api.put(path, {{"vote", "twice"}}).status == 422);
    CHECK(api.put(path, Json::object()).status == 422);
    CHECK(api.put("/v1/monitors/" + monitor + "/regions/nowhere", {{"vote", "page"}}).status == 404);
    CHECK(stand().viewer().put(path, {{"vote", "page"}}).status == 403);
}

TEST_CASE("somebody must be left to vote") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto monitor = stand().make_monitor(site);
    const auto path = "/v1/monitors/" + monitor;
    REQUIRE(api.patch(path, {{"regions", {"eu", "us"}}, {"policy", {{"exclude", {"us"}}}}}).status == 200);
    CHECK(api.put(path + "/regions/eu", {{"vote", "exclude"}}).errors() == "/vote: would leave monitor " + monitor + " without a region that votes\n");
    CHECK(api.put(path + "/regions/ap", {{"vote", "exclude"}}).status == 404);
    CHECK(api.patch(path, {{"policy", {{"exclude", {"eu", "us"}}}}}).errors() == "/policy/exclude: leaves no region that votes\n");
    CHECK(api.patch(path, {{"policy", {{"exclude", {"mars"}}}}}).errors() == "/policy/exclude/0: there is no region \"mars\"\n");
    CHECK(api.patch(path, {{"policy", {{"page_on", {"us"}}}}}).errors() == "/policy/exclude: region \"us\" is in page_on as well\n");
}

TEST_CASE("a site's monitors all take the same, but for those that the region does not check") {
    const auto& api = stand().operate();
    const auto site = stand().make_site();
    const auto all = stand().make_monitor(site, "all");
    const auto elsewhere = stand().make_monitor(site, "elsewhere");
    REQUIRE(stand().admin().patch("/v1/monitors/" + elsewhere, {{"regions", {"us"}}}).status == 200);
    const auto answer = api.put("/v1/sites/" + site + "/regions/ap", {{"vote", "exclude"}});
    REQUIRE(answer.status == 200);
    CHECK(answer.json()["monitors"] == Json::array({all}));
    CHECK(api.get("/v1/monitors/" + all).json()["policy"]["exclude"] == Json::array({"ap"}));
    CHECK(api.get("/v1/monitors/" + elsewhere).json()["policy"]["exclude"] == Json::array());
    CHECK(api.put("/v1/sites/" + site + "/regions/ap", {{"vote", "count"}}, {"If-Match: \"7\""}).status == 412);
}

TEST_CASE("a region that a policy names is not deleted") {
    const auto& api = stand().admin();
    REQUIRE(api.post("/v1/regions", {{"name", "named"}}).status == 201);
    const auto monitor = stand().make_monitor(stand().make_site());
    REQUIRE(api.put("/v1/monitors/" + monitor + "/regions/named", {{"vote", "page"}}).status == 200);
    CHECK(api.del("/v1/regions/named").status == 409);
    REQUIRE(api.put("/v1/monitors/" + monitor + "/regions/named", {{"vote", "count"}}).status == 200);
    CHECK(api.del("/v1/regions/named").status == 204);
}

TEST_CASE("an advisory is read, acknowledged and muted") {
    const auto site = stand().make_site();
    const auto path = make_advisory(site, stand().make_monitor(site));
    const auto shown = stand().viewer().get(path);
    REQUIRE(shown.status == 200);
    CHECK(shown.json()["regions"] == Json::array({"eu"}));
    CHECK(shown.json()["muted_at"].is_null());
    CHECK(shown.json()["flapping_since"].is_null());
    stand().run("update advisory set flapping_since = '2026-01-01T00:00:00Z' where site_id = $1", {*SiteId::parse(site)});
    CHECK(stand().viewer().get(path).json()["flapping_since"] == "2026-01-01T00:00:00.000Z");
    CHECK(stand().viewer().get("/v1/advisories/" + AdvisoryId{1}.text()).status == 404);
    {
        const FakeEngine engine("done");
        CHECK(stand().operate().post(path + "/acknowledge", {{"comment", "known"}}).status == 200);
        CHECK(asked_last().starts_with("advisory acknowledge token:"));
        CHECK(stand().operate().send("POST", path + "/mute").status == 200);
        CHECK(stand().viewer().send("POST", path + "/mute").status == 403);
    }
    const FakeEngine engine("conflict");
    CHECK(stand().operate().send("POST", path + "/mute").status == 409);
}

TEST_CASE("a monitor that flaps says since when") {
    const auto monitor = stand().make_monitor(stand().make_site());
    CHECK(stand().viewer().get("/v1/monitors/" + monitor).json()["flapping_since"].is_null());
    stand().run(R"(insert into monitor_state (monitor_id, state, since, core)
                   values ($1, 'down', now(), '{"flaps":{"changes":[1],"outages":[],"since":1700000000000}}'))", {*MonitorId::parse(monitor)});
    CHECK(stand().viewer().get("/v1/monitors/" + monitor).json()["flapping_since"] == "2023-11-14T22:13:20.000Z");
}

}  // namespace api_region_test

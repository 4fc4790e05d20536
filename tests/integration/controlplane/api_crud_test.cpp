#include <doctest/doctest.h>

#include "lib/base/shard.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_crud_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a site is created, read, changed and deleted") {
    const auto& api = stand().admin();
    const auto created = api.post("/v1/sites", {{"name", "Shop"}, {"base_url", "https://shop.example"}, {"tags", {"a", "b"}}});
    REQUIRE(created.status == 201);
    const auto site = created.json();
    const std::string path = "/v1/sites/" + site["id"].get<std::string>();
    CHECK(created.header("location") == path);
    CHECK(site["state"] == "pending");
    CHECK(site["version"] == 1);
    CHECK(site["active"] == true);
    CHECK(api.get(path).json() == site);

    const auto patched = api.patch(path, {{"owner_note", "call Ann"}, {"tags", nullptr}});
    REQUIRE(patched.status == 200);
    CHECK(patched.json()["owner_note"] == "call Ann");
    CHECK(patched.json()["tags"].empty());
    CHECK(patched.json()["base_url"] == "https://shop.example");
    CHECK(patched.json()["version"] == 2);

    const auto replaced = api.put(path, {{"name", "Store"}});
    REQUIRE(replaced.status == 200);
    CHECK(replaced.json()["name"] == "Store");
    CHECK(replaced.json()["owner_note"] == "");
    CHECK(replaced.json()["base_url"] == "");
    CHECK(replaced.json()["version"] == 3);

    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);
    CHECK(api.del(path).status == 404);
    CHECK(api.patch(path, {{"name", "x"}}).status == 404);
}

TEST_CASE("an edit that changes nothing is no new version") {
    const auto& api = stand().admin();
    const auto site = "/v1/sites/" + stand().make_site("same");
    CHECK(api.patch(site, {{"name", "same"}}).json()["version"] == 1);
    CHECK(api.put(site, {{"name", "same"}}).json()["version"] == 1);
    const auto id = stand().make_site("with monitor");
    const auto monitor = "/v1/monitors/" + stand().make_monitor(id);
    CHECK(api.patch(monitor, {{"timeout_ms", 10000}}).json()["version"] == 1);
    const auto headers = api.patch(monitor, {{"spec", {{"headers", {{"Z-Long-Name", "1"}, {"A", "2"}}}}}});
    CHECK(headers.json()["version"] == 2);
    CHECK(api.patch(monitor, {{"spec", {{"headers", {{"Z-Long-Name", "1"}, {"A", "2"}}}}}}).json()["version"] == 2);
}

TEST_CASE("a monitor has the defaults people expect") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto created =
        api.post("/v1/monitors", {{"site_id", site}, {"name", "m"}, {"spec", {{"url", "https://example.com/"}}}});
    REQUIRE(created.status == 201);
    const auto m = created.json();
    CHECK(m["kind"] == "http");
    CHECK(m["interval_ms"] == 60000);
    CHECK(m["timeout_ms"] == 10000);
    CHECK(m["regions"].empty());
    CHECK(m["placement"] == "all");
    CHECK(m["severity"] == "critical");
    CHECK(m["spec"]["accept_status"] == "200-299");
    CHECK(m["policy"]["quorum"] == "majority");
    CHECK(m["policy"]["recovery_rounds"] == 2);
    CHECK(m["state"] == "pending");
    CHECK(m["next_check_at"].is_string());
    const auto fast = api.post(
        "/v1/monitors", {{"site_id", site}, {"name", "f"}, {"interval_ms", 5000}, {"spec", {{"url", "http://e.example/"}}}});
    CHECK(fast.json()["timeout_ms"] == 4000);
}

TEST_CASE("the database has what the scheduler needs: shard, share and phase") {
    const auto site = SiteId::parse(stand().make_site());
    const auto monitor = MonitorId::parse(stand().make_monitor(site->text()));
    const auto row = [&] {
        return stand().pool().transact([&](db::Tx& tx) {
            return tx.run_text("select shard, share, phase_ms, interval_ms, version from monitor where id = $1", {*monitor});
        });
    };
    CHECK(row()[0].small(0) == shard_of(*site));
    CHECK(row()[0].small(1) == scheduler_share_of(*monitor));
    CHECK(row()[0].whole(2) == phase_of(*monitor, milliseconds{60000}).count());
    CHECK(stand().admin().patch("/v1/monitors/" + monitor->text(), {{"interval_ms", 30000}}).status == 200);
    CHECK(row()[0].whole(2) == phase_of(*monitor, milliseconds{30000}).count());
    CHECK(row()[0].small(4) == 2);
}

TEST_CASE("pausing shows at once, on the monitor and on its site") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto monitor = stand().make_monitor(site);
    stand().run("insert into monitor_state (monitor_id, state, since, core) values ($1, 'down', now(), '{}')",
                {*MonitorId::parse(monitor)});
    CHECK(api.get("/v1/monitors/" + monitor).json()["state"] == "down");
    CHECK(api.get("/v1/sites/" + site).json()["state"] == "down");
    const auto paused = api.patch("/v1/monitors/" + monitor, {{"paused", true}}).json();
    CHECK(paused["state"] == "paused");
    CHECK(paused["next_check_at"].is_null());
    CHECK(api.get("/v1/sites/" + site).json()["state"] == "paused");
    CHECK(api.patch("/v1/monitors/" + monitor, {{"paused", false}}).json()["state"] == "down");
    CHECK(api.patch("/v1/sites/" + site, {{"active", false}}).json()["state"] == "paused");
    CHECK(api.get("/v1/monitors?site_id=" + site + "&state=paused").json()["items"].size() == 1);
}

TEST_CASE("the state of a site is the worst of its monitors'") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto set = [](const std::string& monitor, const std::string& state) {
        stand().run("insert into monitor_state (monitor_id, state, since, core) values ($1, $2, now(), '{}')",
                    {*MonitorId::parse(monitor), state});
    };
    const auto state = [&] { return api.get("/v1/sites/" + site).json()["state"].get<std::string>(); };
    set(stand().make_monitor(site), "up");
    CHECK(state() == "up");
    stand().make_monitor(site);
    CHECK(state() == "pending");
    set(stand().make_monitor(site), "unknown");
    CHECK(state() == "unknown");
    set(stand().make_monitor(site), "degraded");
    CHECK(state() == "degraded");
    const auto worst = stand().make_monitor(site);
    set(worst, "down");
    CHECK(state() == "down");
    CHECK(api.del("/v1/monitors/" + worst).status == 204);
    CHECK(state() == "degraded");
}

TEST_CASE("a monitor stays with its site and kind, and its regions must exist") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto other = stand().make_site();
    const auto monitor = "/v1/monitors/" + stand().make_monitor(site);
    CHECK(api.patch(monitor, {{"site_id", other}}).errors() == "/site_id: a monitor cannot move to another site\n");
    CHECK(api.patch(monitor, {{"regions", {"eu", "mars"}}}).errors() == "/regions/1: there is no region \"mars\"\n");
    CHECK(api.patch(monitor, {{"regions", {"eu"}}}).json()["regions"] == Json{"eu"});
    const Json body{
        {"site_id", SiteId{1}.text()}, {"name", "m"}, {"regions", {"mars"}}, {"spec", {{"url", "http://e.example/"}}}};
    CHECK(api.post("/v1/monitors", body).errors() ==
          "/site_id: there is no such site\n/regions/0: there is no region \"mars\"\n");
}

TEST_CASE("deleting a site deletes its monitors, softly, and no monitor can join it any more") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto monitor = stand().make_monitor(site);
    CHECK(api.del("/v1/sites/" + site).status == 204);
    CHECK(api.get("/v1/monitors/" + monitor).status == 404);
    CHECK(api.get("/v1/monitors/" + monitor + "/results").status == 404);
    CHECK(api.get("/v1/monitors?site_id=" + site).json()["items"].empty());
    const Json body{{"site_id", site}, {"name", "m"}, {"spec", {{"url", "http://e.example/"}}}};
    CHECK(api.post("/v1/monitors", body).errors() == "/site_id: there is no such site\n");
    const auto kept = stand().pool().transact([&](db::Tx& tx) {
        return tx
            .run_text("select count(*) from monitor where id = $1 and deleted_at is not null", {*MonitorId::parse(monitor)})[0]
            .whole(0);
    });
    CHECK(kept == 1);
}

TEST_CASE("a region has a unique name, and stays while a monitor names it") {
    const auto& api = stand().admin();
    const auto created = api.post("/v1/regions", {{"name", "moon"}, {"title", "The Moon"}});
    REQUIRE(created.status == 201);
    CHECK(created.json()["failure_domain"] == "moon");
    CHECK(created.json()["covered"] == false);
    CHECK(api.post("/v1/regions", {{"name", "moon"}}).status == 409);
    CHECK(api.patch("/v1/regions/moon", {{"name", "sun"}}).errors() == "/name: the name of a region cannot change\n");
    CHECK(api.patch("/v1/regions/moon", {{"failure_domain", "space"}}).json()["version"] == 2);
    const auto monitor = "/v1/monitors/" + stand().make_monitor(stand().make_site());
    REQUIRE(api.patch(monitor, {{"regions", {"moon"}}}).status == 200);
    CHECK(api.del("/v1/regions/moon").status == 409);
    REQUIRE(api.del(monitor).status == 204);
    CHECK(api.del("/v1/regions/moon").status == 204);
    CHECK(api.get("/v1/regions/moon").status == 404);
    CHECK(api.get("/v1/regions/No%20Region").status == 404);
}

TEST_CASE("agents are live while they were seen in the last 15 seconds") {
    stand().run(R"(insert into agent (region, name, version, started_at, last_seen_at, checks_per_second)
                   values ('us', 'us-1', '1', now(), now(), 1.5), ('us', 'us-2', '1', now(), now() - interval '1 minute', 0))");
    const auto items = stand().viewer().get("/v1/agents?region=us").json()["items"];
    REQUIRE(items.size() == 2);
    CHECK(items[0]["live"] == true);
    CHECK(items[0]["checks_per_second"] == 1.5);
    CHECK(items[1]["live"] == false);
    const auto region = stand().viewer().get("/v1/regions/us").json();
    CHECK(region["agents_live"] == 1);
    CHECK(region["covered"] == true);
    stand().run("insert into region_coverage (region, covered, since) values ('us', false, now())");
    CHECK(stand().viewer().get("/v1/regions/us").json()["covered"] == false);
    stand().run("delete from agent");
    stand().run("delete from region_coverage");
}

}  // namespace api_crud_test

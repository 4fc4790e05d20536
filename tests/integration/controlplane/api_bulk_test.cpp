#include <doctest/doctest.h>

#include <chrono>

#include "tests/integration/controlplane/api_stand.h"
#include "tests/support/servers.h"

namespace api_bulk_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json site_with_monitor(int number) {
    const auto text = std::to_string(number);
    const Json monitor{{"name", "home"},
                       {"regions", {"eu", "us"}},
                       {"tags", {"t" + text}},
                       {"spec", {{"url", "https://s" + text + ".example/"}}}};
    return {{"name", "bulk " + text},
            {"tags", number % 2 == 0 ? Json::array() : Json{"odd", "bulk, \"x\""}},
            {"monitors", {monitor}}};
}

std::int64_t sites() {
    return stand().pool().transact([](db::Tx& tx) { return tx.run_text("select count(*) from site")[0].whole(0); });
}

}  // namespace

TEST_CASE("ten thousand sites with a monitor each are created in one request") {
    Json items = Json::array();
    for (int i = 0; i < 10'000; ++i) items.push_back(site_with_monitor(i));
    const auto before = sites();
    const auto start = std::chrono::steady_clock::now();
    const auto answer = stand().admin().post("/v1/sites/bulk", {{"items", items}});
    const auto took = std::chrono::steady_clock::now() - start;
    REQUIRE_MESSAGE(answer.status == 201, answer.body.substr(0, 1000));
    MESSAGE("took " << std::chrono::duration_cast<milliseconds>(took).count() << " ms");
    const auto created = answer.json()["items"];
    REQUIRE(created.size() == 10'000);
    CHECK(sites() - before == 10'000);
    const auto site = stand().viewer().get("/v1/sites/" + created[7777]["id"].get<std::string>()).json();
    CHECK(site["name"] == "bulk 7777");
    CHECK(site["tags"] == Json{"odd", "bulk, \"x\""});
    const auto monitor = stand().viewer().get("/v1/monitors/" + created[7777]["monitors"][0]["id"].get<std::string>()).json();
    CHECK(monitor["site_id"] == site["id"]);
    CHECK(monitor["regions"] == Json{"eu", "us"});
    CHECK(monitor["tags"] == Json{"t7777"});
    CHECK(monitor["spec"]["url"] == "https://s7777.example/");
    // What reads everything in other tests need not read these.
    Json gone = Json::array();
    for (const auto& one : created) gone.push_back({{"id", one["id"]}});
    CHECK(stand().admin().post("/v1/sites/bulk_delete", {{"items", gone}}).status == 200);
}

TEST_CASE("a bulk with one mistake creates nothing") {
    const auto before = sites();
    Json items = Json::array({site_with_monitor(1), site_with_monitor(2), site_with_monitor(3)});
    items[1]["monitors"][0]["interval_ms"] = 1;
    items[2]["monitors"][0]["site_id"] = SiteId{1}.text();
    CHECK(stand().admin().post("/v1/sites/bulk", {{"items", items}}).errors() ==
          "/items/1/monitors/0/interval_ms: must be a whole number from 5000 to 86400000\n"
          "/items/2/monitors/0/site_id: goes without saying inside of a site\n");
    items = Json::array({site_with_monitor(1), site_with_monitor(2)});
    items[1]["monitors"][0]["regions"] = {"eu", "mars"};
    CHECK(stand().admin().post("/v1/sites/bulk", {{"items", items}}).errors() ==
          "/items/1/monitors/0/regions/1: there is no region \"mars\"\n");
    CHECK(sites() == before);
}

TEST_CASE("a bulk has at most ten thousand sites") {
    Json items = Json::array();
    for (int i = 0; i < 10'001; ++i) items.push_back({{"name", "n"}});
    CHECK(stand().admin().post("/v1/sites/bulk", {{"items", items}}).errors() ==
          "/items: must be an array of at most 10000 items\n");
    CHECK(stand().admin().post("/v1/sites/bulk", Json::object()).errors() == ": the field \"items\" is required\n");
    CHECK(stand().admin().post("/v1/sites/bulk", {{"items", Json::array()}}).status == 201);
}

TEST_CASE("thousands of monitors are created, changed and deleted, each in one request") {
    const auto& api = stand().admin();
    const auto site = stand().make_site("of many");
    // That there may be ten thousand is shown by sites; how fast it is, by bench/api.
    const int many = patience() == 1 ? 3'000 : 1'000;
    Json items = Json::array();
    for (int i = 0; i < many; ++i) {
        const auto text = std::to_string(i);
        items.push_back({{"site_id", site}, {"name", "m" + text}, {"regions", {"eu"}}, {"spec", {{"url", "https://m" + text + ".example/"}}}});
    }
    const auto timed = [](const std::string& what, auto work) {
        const auto start = std::chrono::steady_clock::now();
        auto answer = work();
        MESSAGE(what << " took " << std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start).count() << " ms");
        REQUIRE_MESSAGE(answer.status < 300, answer.body.substr(0, 1000));
        return answer.json();
    };
    const auto created = timed("create", [&] { return api.post("/v1/monitors/bulk", {{"items", items}}); });
    CHECK(created["succeeded"] == many);
    CHECK(created["items"][834]["status"] == 201);
    const std::string one = created["items"][834]["id"];
    CHECK(api.get("/v1/monitors/" + one).json()["spec"]["url"] == "https://m834.example/");
    Json changes = Json::array();
    Json removals = Json::array();
    for (const auto& item : created["items"]) {
        changes.push_back({{"id", item["id"]}, {"version", 1}, {"patch", {{"tags", {"many"}}, {"interval_ms", 30'000}}}});
        removals.push_back({{"id", item["id"]}});
    }
    const auto updated = timed("update", [&] { return api.patch("/v1/monitors/bulk", {{"items", changes}}); });
    CHECK(updated["items"][834] == Json{{"id", one}, {"version", 2}, {"status", 200}});
    const auto monitor = api.get("/v1/monitors/" + one).json();
    CHECK(monitor["tags"] == Json{"many"});
    CHECK(monitor["interval_ms"] == 30'000);
    CHECK(monitor["version"] == 2);
    CHECK(timed("delete", [&] { return api.post("/v1/monitors/bulk_delete", {{"items", removals}}); })["succeeded"] == many);
    CHECK(api.get("/v1/monitors/" + one).status == 404);
}

TEST_CASE("each item by itself: what can be done is, and what is wrong with the others stands in their places") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const Json good{{"site_id", site}, {"name", "good"}, {"spec", {{"url", "https://a.example/"}}}};
    auto no_site = good;
    no_site["site_id"] = SiteId{1}.text();
    auto no_region = good;
    no_region["regions"] = {"mars"};
    auto no_interval = good;
    no_interval["interval_ms"] = 1;
    const auto answer = api.post("/v1/monitors/bulk", {{"mode", "each"}, {"items", {no_site, good, no_region, no_interval, good}}});
    REQUIRE(answer.status == 200);
    const auto outcome = answer.json();
    CHECK(outcome["succeeded"] == 2);
    CHECK(outcome["failed"] == 3);
    CHECK(outcome["items"][0]["problem"]["errors"] == Json::array({{{"pointer", "/items/0/site_id"}, {"detail", "there is no such site"}}}));
    CHECK(outcome["items"][1]["status"] == 201);
    CHECK(outcome["items"][2]["problem"]["errors"][0]["pointer"] == "/items/2/regions/0");
    CHECK(outcome["items"][3]["status"] == 422);
    CHECK(api.get("/v1/monitors?site_id=" + site).json()["items"].size() == 2);

    const std::string id = outcome["items"][1]["id"];
    const auto gone = MonitorId{1}.text();
    const std::string other = outcome["items"][4]["id"];
    const auto changed = api.patch("/v1/monitors/bulk", {{"mode", "each"},
                                                         {"items",
                                                          {{{"id", id}, {"patch", {{"name", "better"}}}},
                                                           {{"id", gone}, {"patch", Json::object()}},
                                                           {{"id", other}, {"version", 7}, {"patch", {{"name", "worse"}}}},
                                                           {{"id", id}, {"patch", {{"name", "again"}}}}}}}).json();
    CHECK(changed["items"][0] == Json{{"id", id}, {"version", 2}, {"status", 200}});
    CHECK(changed["items"][1]["status"] == 404);
    CHECK(changed["items"][2]["status"] == 412);
    CHECK(changed["items"][3]["problem"]["errors"][0] == Json{{"pointer", "/items/3/id"}, {"detail", "is there twice"}});
    const auto removed = api.post("/v1/monitors/bulk_delete", {{"mode", "each"}, {"items", {{{"id", gone}}, {{"id", id}, {"version", 2}}}}}).json();
    CHECK(removed["items"][0]["status"] == 404);
    CHECK(removed["items"][1] == Json{{"id", id}, {"status", 204}});
}

TEST_CASE("all or none: one item that cannot be done is told with its pointer, and nothing is done") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto first = stand().make_monitor(site, "first");
    const auto second = stand().make_monitor(site, "second");
    const auto change = [&](const Json& other) { return api.patch("/v1/monitors/bulk", {{"items", {{{"id", first}, {"patch", {{"name", "changed"}}}}, other}}}); };
    const auto missing = change({{"id", MonitorId{1}.text()}, {"patch", Json::object()}});
    CHECK(missing.status == 404);
    CHECK(missing.errors() == "/items/1/id: there is no such monitor\n");
    CHECK(change({{"id", second}, {"version", 9}, {"patch", Json::object()}}).status == 412);
    CHECK(change({{"id", second}, {"patch", {{"interval_ms", 1}}}}).errors() == "/items/1/patch/interval_ms: must be a whole number from 5000 to 86400000\n");
    CHECK(change({{"id", second}, {"patch", {{"site_id", stand().make_site()}}}}).errors() == "/items/1/patch/site_id: a monitor cannot move to another site\n");
    CHECK(change({{"id", second}}).errors() == "/items/1: the field \"patch\" is required\n");
    CHECK(api.get("/v1/monitors/" + first).json()["name"] == "first");
    CHECK(api.post("/v1/monitors/bulk", {{"mode", "some"}, {"items", Json::array()}}).errors() == "/mode: must be one of \"atomic\", \"each\"\n");
}

TEST_CASE("secrets of monitors that are changed in bulk stay, and change as they would alone") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto id = api.post("/v1/monitors", {{"site_id", site}, {"name", "m"}, {"secrets", {{"A", "one"}}}, {"spec", {{"url", "https://a.example/{{secrets.A}}"}}}}).json()["id"].get<std::string>();
    const auto change = [&](const Json& patch) { return api.patch("/v1/monitors/bulk", {{"items", {{{"id", id}, {"patch", patch}}}}}); };
    CHECK(change({{"tags", {"x"}}}).status == 200);
    CHECK(api.get("/v1/monitors/" + id).json()["secrets"] == Json{{"A", nullptr}});
    CHECK(change({{"secrets", {{"B", "two"}}}}).status == 200);
    CHECK(api.get("/v1/monitors/" + id).json()["secrets"].size() == 2);
    CHECK(change({{"secrets", {{"A", nullptr}}}}).status == 422);  // the spec names it
}

TEST_CASE("who may pause may pause many, and change nothing else of them") {
    const auto site = stand().make_site();
    const auto id = stand().make_monitor(site);
    const auto change = [&](const Json& patch) { return stand().operate().patch("/v1/monitors/bulk", {{"items", {{{"id", id}, {"patch", patch}}}}}); };
    CHECK(change({{"paused", true}}).status == 200);
    CHECK(change({{"paused", false}, {"name", "x"}}).status == 403);
    CHECK(stand().viewer().patch("/v1/monitors/bulk", {{"items", Json::array()}}).status == 403);
    CHECK(stand().operate().post("/v1/monitors/bulk_delete", {{"items", Json::array()}}).status == 403);
    CHECK(stand().admin().get("/v1/monitors/" + id).json()["state"] == "paused");
}

TEST_CASE("sites are changed and deleted in bulk, with their monitors") {
    const auto& api = stand().admin();
    const auto kept = stand().make_site("kept");
    const auto gone = stand().make_site("gone");
    const auto monitor = stand().make_monitor(gone);
    const auto changed = api.patch("/v1/sites/bulk", {{"items", {{{"id", kept}, {"patch", {{"tags", {"a"}}}}}, {{"id", gone}, {"patch", Json::object()}}}}}).json();
    CHECK(changed["items"][0]["version"] == 2);
    CHECK(changed["items"][1]["version"] == 1);
    CHECK(api.patch("/v1/sites/bulk", {{"items", {{{"id", kept}, {"patch", {{"colour", "red"}}}}}}}).errors() == "/items/0/patch/colour: is not a field of this object\n");
    CHECK(api.post("/v1/sites/bulk_delete", {{"items", {{{"id", gone}}}}}).status == 200);
    CHECK(api.get("/v1/monitors/" + monitor).status == 404);
    CHECK(api.get("/v1/sites/" + kept).json()["tags"] == Json{"a"});
    const auto created = api.post("/v1/sites/bulk", {{"mode", "each"}, {"items", {site_with_monitor(1), Json::object()}}});
    CHECK(created.status == 200);
    CHECK(created.json()["items"][0]["monitors"].size() == 1);
    CHECK(created.json()["items"][1]["problem"]["errors"][0]["pointer"] == "/items/1");
}

TEST_CASE("a bulk that comes again with its key is done once") {
    const auto site = stand().make_site();
    const Json body{{"mode", "each"}, {"items", {{{"site_id", site}, {"name", "once"}, {"spec", {{"url", "https://a.example/"}}}}, Json::object()}}};
    const auto first = stand().admin().post("/v1/monitors/bulk", body, {"Idempotency-Key: bulk-once"});
    const auto again = stand().admin().post("/v1/monitors/bulk", body, {"Idempotency-Key: bulk-once"});
    CHECK(first.status == 200);
    CHECK(again.header("idempotency-replayed") == "true");
    CHECK(again.body == first.body);
    CHECK(stand().admin().get("/v1/monitors?site_id=" + site).json()["items"].size() == 1);
}

}  // namespace api_bulk_test

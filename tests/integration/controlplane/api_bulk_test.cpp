#include <doctest/doctest.h>

#include <chrono>

#include "tests/integration/controlplane/api_stand.h"

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

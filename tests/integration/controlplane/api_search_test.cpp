// Lists that are searched, sorted and cut down to some members, over a real database.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/controlplane/api_world.h"

namespace api_search_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::vector<std::string> listed(const std::string& path, const std::string& member = "name") {
    const auto answer = stand().viewer().get(path);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    std::vector<std::string> all;
    const auto document = answer.json();
    for (const auto& item : document["items"]) all.push_back(item[member]);
    return all;
}

using Names = std::vector<std::string>;

std::string monitor(const std::string& site, const std::string& name, Json more = Json::object()) {
    Json document{{"site_id", site}, {"name", name}, {"spec", {{"url", "https://example.com/"}}}};
    document.update(more);
    const auto answer = stand().admin().post("/v1/monitors", document);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["id"];
}

}  // namespace

TEST_CASE("sites and monitors are found by parts of their names and of what is checked, whatever capitals and accents") {
    const auto site = stand().admin().post("/v1/sites", {{"name", "Zwölf Cafés"}, {"base_url", "https://www.twelve-coffees.example"}}).json()["id"].get<std::string>();
    CHECK(listed("/v1/sites?q=zwolf%20cafe") == Names{"Zwölf Cafés"});
    CHECK(listed("/v1/sites?q=ZW%C3%96LF") == Names{"Zwölf Cafés"});
    CHECK(listed("/v1/sites?q=elve-coff") == Names{"Zwölf Cafés"});
    CHECK(listed("/v1/sites?q=zwolf%20tea").empty());
    monitor(site, "Startseite Nord", {{"spec", {{"url", "https://nord.twelve-coffees.example/menu"}}}});
    monitor(site, "Datenbank", {{"kind", "tcp"}, {"spec", {{"host", "db-7.twelve-coffees.example"}, {"port", 5432}}}});
    monitor(site, "Zone 100%", {{"kind", "dns"}, {"spec", {{"name", "twelve-coffees.example"}}}});
    CHECK(listed("/v1/monitors?q=twelve-coffees") == Names{"Startseite Nord", "Datenbank", "Zone 100%"});
    CHECK(listed("/v1/monitors?q=db-7.twelve") == Names{"Datenbank"});
    CHECK(listed("/v1/monitors?q=coffees.example/menu") == Names{"Startseite Nord"});
    CHECK(listed("/v1/monitors?q=100%25%20zone") == Names{"Zone 100%"});
    CHECK(listed("/v1/monitors?q=1_0%25%20zone").empty());
    CHECK(listed("/v1/monitors?q=twelve-coffees&kind=dns") == Names{"Zone 100%"});
    CHECK(stand().viewer().get("/v1/monitors?q=ab").errors() == "?q: must have a word of 3 letters or more\n");
}

TEST_CASE("what has just been renamed is found by its new name alone") {
    const auto site = stand().make_site("Quagga herd");
    CHECK(listed("/v1/sites?q=quagga").size() == 1);
    REQUIRE(stand().admin().patch("/v1/sites/" + site, {{"name", "Okapi herd"}}).status == 200);
    CHECK(listed("/v1/sites?q=quagga").empty());
    CHECK(listed("/v1/sites?q=okapi").size() == 1);
    REQUIRE(stand().admin().del("/v1/sites/" + site).status == 204);
    CHECK(listed("/v1/sites?q=okapi").empty());
}

TEST_CASE("a list is sorted as asked, and its pages are one walk while rows come and go") {
    const auto site = stand().make_site();
    for (const auto* name : {"delta", "Bravo", "alpha", "bravo", "Charlie"}) monitor(site, name);
    const auto of_site = "/v1/monitors?site_id=" + site;
    CHECK(listed(of_site + "&sort=name") == Names{"alpha", "Bravo", "bravo", "Charlie", "delta"});
    CHECK(listed(of_site + "&sort=-name") == Names{"delta", "Charlie", "bravo", "Bravo", "alpha"});
    CHECK(listed(of_site + "&sort=-created_at") == Names{"Charlie", "bravo", "alpha", "Bravo", "delta"});
    CHECK(listed(of_site + "&sort=name,-id") == Names{"alpha", "bravo", "Bravo", "Charlie", "delta"});
    for (const std::string sort : {"name", "-name", "name,-created_at", "-updated_at", "-id"}) {
        const auto whole = listed(of_site + "&sort=" + sort, "id");
        Names walked;
        std::string cursor;
        do {
            const auto page = stand().viewer().get(of_site + "&limit=2&sort=" + sort + (cursor.empty() ? "" : "&cursor=" + cursor)).json();
            for (const auto& item : page["items"]) walked.push_back(item["id"]);
            cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
            if (walked.size() == 2) REQUIRE(stand().admin().del("/v1/monitors/" + monitor(site, "0 comes and goes")).status == 204);
        } while (!cursor.empty());
        CHECK_MESSAGE(walked == whole, sort);
    }
    const std::string cursor = stand().viewer().get(of_site + "&limit=2&sort=name").json()["next_cursor"];
    CHECK(stand().viewer().get(of_site + "&sort=-name&cursor=" + cursor).status == 422);
    CHECK(stand().viewer().get(of_site + "&sort=colour").status == 422);
}

TEST_CASE("items have the members that were asked for, and every member can be asked for") {
    const auto site = stand().make_site();
    stand().make_monitor(site);
    stand().admin().post("/v1/monitors", {{"site_id", site}, {"name", "beat"}, {"kind", "heartbeat"}, {"spec", {{"period_ms", 60'000}}}});
    const World world("with-all-members");  // of the others, one each
    stand().admin().post("/v1/channels", {{"kind", "webhook"}, {"name", "with all members"}, {"config", {{"url", "https://h.example/"}}}});
    stand().admin().post("/v1/clients", {{"name", "with all members"}, {"role", "viewer"}});
    stand().admin().post("/v1/users", {{"name", "with-all-members"}});
    for (const std::string list : {"/v1/sites", "/v1/monitors", "/v1/channels", "/v1/maintenance", "/v1/groups", "/v1/users", "/v1/clients", "/v1/regions"}) {
        CAPTURE(list);
        const std::string called = list == "/v1/regions" ? "name" : "id";
        const auto page = stand().admin().get(list + "?limit=500").json();
        REQUIRE(!page["items"].empty());
        std::set<std::string> members;
        for (const auto& item : page["items"]) {
            for (const auto& [name, value] : item.items()) members.insert(name);
        }
        for (const auto& member : members) {
            const auto items = stand().admin().get(list + "?limit=2&fields=" + member).json()["items"];
            REQUIRE(!items.empty());
            CHECK(items[0].contains(called));
            for (const auto& [name, value] : items[0].items()) CHECK((name == called || name == member));
        }
    }
    CHECK(stand().viewer().get("/v1/monitors?site_id=" + site + "&limit=1&fields=name,state").json()["items"][0].size() == 3);
    CHECK(stand().viewer().get("/v1/sites?fields=name,votes").status == 422);
    CHECK(stand().viewer().get("/v1/incidents?fields=id,colour").status == 422);
}

TEST_CASE("monitors and sites are listed by the state that they are shown in, region and pause") {
    const auto site = stand().admin().post("/v1/sites", {{"name", "in states"}, {"tags", {"in-states"}}}).json()["id"].get<std::string>();
    const auto up = monitor(site, "up");
    const auto down = monitor(site, "down", {{"regions", {"us"}}});
    const auto paused = monitor(site, "paused", {{"paused", true}, {"regions", {"eu"}}});
    const auto disabled = monitor(site, "disabled", {{"enabled", false}});
    monitor(site, "pending");
    const auto state = [](const std::string& id, const char* word) {
        stand().run("insert into monitor_state (monitor_id, state, since, core) values ($1, $2, now(), '{}')", {*MonitorId::parse(id), word});
    };
    state(up, "up");
    state(down, "down");
    state(paused, "down");
    state(disabled, "paused");
    const auto of_site = "/v1/monitors?site_id=" + site;
    const auto sites = [](const std::string& word) { return listed("/v1/sites?tag=in-states&state=" + word).size(); };
    CHECK(listed(of_site + "&state=up") == Names{"up"});
    CHECK(listed(of_site + "&state=down") == Names{"down"});
    CHECK(listed(of_site + "&state=paused") == Names{"paused", "disabled"});
    CHECK(listed(of_site + "&state=pending") == Names{"pending"});
    CHECK(listed(of_site + "&paused=true") == Names{"paused"});
    CHECK(listed(of_site + "&region=eu") == Names{"up", "paused", "disabled", "pending"});
    CHECK(listed(of_site + "&region=us&paused=false&state=down") == Names{"down"});
    CHECK(sites("down") == 1);
    CHECK(sites("up") + sites("pending") + sites("paused") == 0);
    REQUIRE(stand().admin().del("/v1/monitors/" + down).status == 204);
    CHECK(sites("pending") == 1);
    REQUIRE(stand().admin().patch("/v1/sites/" + site, {{"active", false}}).status == 200);
    CHECK(sites("paused") == 1);
    CHECK(listed(of_site + "&state=paused").size() == 4);
    stand().run("delete from monitor_state");
}

TEST_CASE("a site without monitors is pending: a new one, and one whose last two monitors went at the same time") {
    const auto site = stand().admin().post("/v1/sites", {{"name", "vacant"}, {"tags", {"vacant"}}}).json()["id"].get<std::string>();
    const auto pending = [] { return listed("/v1/sites?tag=vacant&state=pending").size(); };
    const auto noted = [&] { return stand().pool().transact([&](db::Tx& tx) { return tx.run_text("select 1 from site_vacated where site_id = $1", {*SiteId::parse(site)}).size(); }); };
    CHECK(pending() == 1);
    const auto one = monitor(site, "one");
    const auto other = monitor(site, "other");
    stand().run("insert into monitor_state (monitor_id, state, since, core) values ($1, 'up', now(), '{}'), ($2, 'up', now(), '{}')", {*MonitorId::parse(one), *MonitorId::parse(other)});
    CHECK(pending() == 0);
    CHECK(noted() == 0);
    const auto waits = [] {
        return stand().pool().transact([](db::Tx& tx) {
            return tx.run_text("select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update monitor set deleted_at%'").size() == 1;
        });
    };
    std::thread second;
    stand().pool().transact([&](db::Tx& tx) {
        tx.run_text("update monitor set deleted_at = now() where id = $1", {*MonitorId::parse(one)});
        second = std::thread([&] { stand().run("update monitor set deleted_at = now() where id = $1", {*MonitorId::parse(other)}); });
        CHECK(eventually(waits));
    });
    second.join();
    CHECK(pending() == 1);
    REQUIRE(stand().admin().del("/v1/sites/" + site).status == 204);
    CHECK(pending() == 0);
    CHECK(noted() == 0);
    stand().run("delete from monitor_state");
}

TEST_CASE("a search that most monitors match, and one that hardly any does, are both in the list's order") {
    Json items = Json::array();
    for (int i = 0; i < 1'200; ++i) items.push_back({{"name", "Kestrel " + std::to_string(i)}, {"tags", {i % 400 == 0 ? "rare-kestrel" : "kestrel"}}});
    REQUIRE(stand().admin().post("/v1/sites/bulk", {{"items", items}}).status == 201);
    CHECK(listed("/v1/sites?q=kestrel&limit=3") == Names{"Kestrel 0", "Kestrel 1", "Kestrel 2"});
    CHECK(listed("/v1/sites?q=kestrel&sort=-name&limit=2") == Names{"Kestrel 999", "Kestrel 998"});
    CHECK(listed("/v1/sites?tag=rare-kestrel&sort=-id") == Names{"Kestrel 800", "Kestrel 400", "Kestrel 0"});
    CHECK(listed("/v1/sites?q=kestrel%2011&sort=-name&limit=2") == Names{"Kestrel 911", "Kestrel 811"});
}

}  // namespace api_search_test

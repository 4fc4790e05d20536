// Files applied to a real database: plans, ownership, drift, pruning, exports, and others who edit at the same time.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "tests/integration/controlplane/apply_files.h"

namespace api_apply_test {

using namespace sonde;
using namespace sonde::test;
using namespace sonde::test::applying;

namespace {

constexpr auto kShop = R"([
    {"kind": "site", "key": "shop", "set": {"name": "Shop", "tags": ["web"]}},
    {"kind": "monitor", "key": "shop/home", "set": {"name": "home page", "interval_ms": 30000, "spec": {"url": "https://shop.example/"}}}
])";

}  // namespace

TEST_CASE("a plan says what would be made and makes nothing; applying makes it; a second time there is nothing to do") {
    const Files files(kShop);
    const auto before = count("select count(*) from site");
    CHECK(Files::told(files.plan()) == "create site shop\ncreate monitor shop/home\n");
    CHECK(count("select count(*) from site") == before);
    CHECK(count("select count(*) from managed where owner = '" + files.owner + "'") == 0);

    const auto done = files.apply();
    CHECK(done["changes"] == true);
    CHECK(done["summary"]["create"] == 2);
    const auto monitor = shown("/v1/monitors", id_of(files, "monitor", "shop/home"));
    CHECK(monitor["site_id"] == id_of(files, "site", "shop"));
    CHECK(monitor["interval_ms"] == 30000);
    CHECK(monitor["version"] == 1);

    const auto again = files.apply();
    CHECK(again["changes"] == false);
    CHECK(again["summary"]["unchanged"] == 2);
    CHECK(again["steps"].empty());
    CHECK(shown("/v1/monitors", id_of(files, "monitor", "shop/home"))["version"] == 1);
    CHECK(files.plan()["changes"] == false);
}

TEST_CASE("what files do not mention stays as people set it") {
    const Files files(kShop);
    files.apply();
    const auto id = id_of(files, "monitor", "shop/home");
    CHECK(stand().admin().patch("/v1/monitors/" + id, parse(R"({"severity": "minor", "spec": {"method": "HEAD"}})")).status == 200);
    CHECK(files.plan()["changes"] == false);
    files.apply();
    const auto monitor = shown("/v1/monitors", id);
    CHECK(monitor["severity"] == "minor");
    CHECK(monitor["spec"]["method"] == "HEAD");
}

TEST_CASE("what files set and somebody changed is drift, and is put back") {
    const Files files(kShop);
    files.apply();
    const auto id = id_of(files, "monitor", "shop/home");
    CHECK(stand().admin().patch("/v1/monitors/" + id, {{"interval_ms", 60000}}).status == 200);
    CHECK(Files::told(files.plan()) == "update monitor shop/home\n  /interval_ms: 60000 -> 30000 by hand\n");
    CHECK(shown("/v1/monitors", id)["interval_ms"] == 60000);
    files.apply();
    CHECK(shown("/v1/monitors", id)["interval_ms"] == 30000);
    CHECK(shown("/v1/monitors", id)["version"] == 3);
}

TEST_CASE("a field that goes from the files goes back to its default, and what follows from it goes with it") {
    Files files(R"([
        {"kind": "site", "key": "shop", "set": {"name": "Shop", "owner_note": "of the shop"}},
        {"kind": "monitor", "key": "shop/home", "set": {"name": "home page", "interval_ms": 8000, "spec": {"url": "https://shop.example/"}}}
    ])");
    files.apply();
    const auto id = id_of(files, "monitor", "shop/home");
    CHECK(shown("/v1/monitors", id)["timeout_ms"] == 6400);
    files.set(R"([
        {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
        {"kind": "monitor", "key": "shop/home", "set": {"name": "home page", "interval_ms": 5000, "spec": {"url": "https://shop.example/"}}}
    ])");
    CHECK(Files::told(files.apply()) ==
          "update site shop\n  /owner_note: \"of the shop\" -> \"\"\nupdate monitor shop/home\n  /interval_ms: 8000 -> 5000\n  /timeout_ms: 6400 -> 4000\n");
    files.set(R"([
        {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
        {"kind": "monitor", "key": "shop/home", "set": {"name": "home page", "spec": {"url": "https://shop.example/"}}}
    ])");
    files.apply();
    CHECK(shown("/v1/monitors", id)["interval_ms"] == 60000);
    CHECK(shown("/v1/monitors", id)["timeout_ms"] == 10000);
    CHECK(files.plan()["changes"] == false);
}

TEST_CASE("without --prune what no file has is told; with it, what the files made goes, and nothing else") {
    Files files(kShop);
    files.apply();
    const auto site = id_of(files, "site", "shop");
    const auto monitor = id_of(files, "monitor", "shop/home");
    const auto by_hand = stand().make_monitor(site, "by hand");
    files.set(R"([{"kind": "site", "key": "other", "set": {"name": "Other"}}])");
    CHECK(Files::told(files.apply()) == "create site other\norphan monitor shop/home\norphan site shop\n");
    CHECK(shown("/v1/monitors", monitor)["name"] == "home page");

    const auto planned = files.plan(true);
    CHECK(Files::told(planned) == "delete monitor shop/home\nkeep site shop\n");
    CHECK(planned["steps"][1]["reason"].get<std::string>().find("by hand") != std::string::npos);
    files.apply(true);
    CHECK(stand().viewer().get("/v1/monitors/" + monitor).status == 404);
    CHECK(stand().viewer().get("/v1/monitors/" + by_hand).status == 200);

    CHECK(stand().admin().del("/v1/monitors/" + by_hand).status == 204);
    CHECK(Files::told(files.apply(true)) == "delete site shop\n");
    CHECK(stand().viewer().get("/v1/sites/" + site).status == 404);
    CHECK(files.apply(true)["steps"].empty());
}

TEST_CASE("what was deleted by hand is made again") {
    const Files files(kShop);
    files.apply();
    const auto site = id_of(files, "site", "shop");
    CHECK(stand().admin().del("/v1/sites/" + site).status == 204);
    const auto done = files.apply();
    CHECK(Files::told(done) == "create site shop\ncreate monitor shop/home\n");
    CHECK(done["steps"][0]["reason"] == "what it was before is gone");
    CHECK(id_of(files, "site", "shop") != site);
}

TEST_CASE("every kind refers to others by their keys, and all of it is applied twice with one result") {
    const Files files(R"([
        {"kind": "dependency", "key": "shop-on-router", "set": {"child": {"site": "shop"}, "parent": {"group": "ways"}, "note": "all of it"}},
        {"kind": "group", "key": "ways", "set": {"site": "net", "name": "ways", "needed": 1, "members": ["net/a", "net/b"]}},
        {"kind": "maintenance", "key": "sunday", "set": {"title": "Sundays", "starts_at": "2026-01-04T02:00:00Z", "rrule": "FREQ=WEEKLY", "duration_ms": 3600000,
                                                         "targets": {"sites": ["shop"], "monitors": ["net/a"], "tags": ["web"]}}},
        {"kind": "monitor", "key": "net/a", "set": {"name": "a", "kind": "ping", "regions": ["apply-x"], "spec": {"host": "192.0.2.1"}}},
        {"kind": "monitor", "key": "net/b", "set": {"name": "b", "kind": "ping", "spec": {"host": "192.0.2.2"}}},
        {"kind": "region", "key": "apply-x", "set": {"title": "Here", "anchors": ["net/b"]}},
        {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
        {"kind": "site", "key": "net", "set": {"name": "Net"}},
        {"kind": "channel", "key": "pager", "set": {"kind": "webhook", "name": "pager", "config": {"url": "https://hook.example/x"}, "events": ["incident.opened"],
                                                    "secrets": {"signing_key": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}}}
    ])");
    CHECK(files.plan()["summary"]["create"] == 9);
    const auto done = files.apply();
    CHECK(done["summary"]["create"] == 9);
    CHECK(json::dump(done).find("whsec_") == std::string::npos);
    CHECK(shown("/v1/groups", id_of(files, "group", "ways"))["members"] == Json{id_of(files, "monitor", "net/a"), id_of(files, "monitor", "net/b")});
    CHECK(shown("/v1/dependencies", id_of(files, "dependency", "shop-on-router"))["parent"]["id"] == id_of(files, "group", "ways"));
    CHECK(shown("/v1/regions", "apply-x")["anchors"] == Json{id_of(files, "monitor", "net/b")});
    CHECK(shown("/v1/monitors", id_of(files, "monitor", "net/a"))["regions"] == Json{"apply-x"});
    CHECK(shown("/v1/maintenance", id_of(files, "maintenance", "sunday"))["targets"]["sites"] == Json{id_of(files, "site", "shop")});
    const auto again = files.apply();
    CHECK_MESSAGE(again["changes"] == false, json::dump_pretty(again));
    CHECK(again["summary"]["unchanged"] == 9);

    auto other = files;
    other.set("[]");
    CHECK(other.apply(true)["summary"]["delete"] == 9);
    CHECK(stand().viewer().get("/v1/regions/apply-x").status == 404);
}

TEST_CASE("a mistake anywhere and nothing is done; each is told where it stands") {
    Files files(R"([
        {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
        {"kind": "monitor", "key": "shop/home", "set": {"name": "home", "interval_ms": 1, "spec": {"url": "https://shop.example/"}}},
        {"kind": "monitor", "key": "shop/cart", "set": {"name": "cart", "regions": ["mars"], "spec": {"url": "ftp://shop.example/"}}}
    ])");
    const auto refused = files.send("apply");
    CHECK(refused.status == 422);
    CHECK(refused.errors() ==
          "/resources/1/set/interval_ms: must be a whole number from 5000 to 86400000\n"
          "/resources/2/set/spec/url: must begin with http:// or https://\n");
    CHECK(count("select count(*) from managed where owner = '" + files.owner + "'") == 0);

    files.set(R"([
        {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
        {"kind": "monitor", "key": "shop/cart", "set": {"name": "cart", "regions": ["mars"], "spec": {"url": "https://shop.example/"}}},
        {"kind": "group", "key": "g", "set": {"site": "shop", "name": "g", "needed": 1, "members": ["shop/cart", "shop/nobody"]}}
    ])");
    CHECK(files.send("plan").errors() == "/resources/2/set/members/1: there is no monitor \"shop/nobody\" in these files\n");
    files.set(R"([
        {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
        {"kind": "monitor", "key": "shop/cart", "set": {"name": "cart", "regions": ["mars"], "spec": {"url": "https://shop.example/"}}}
    ])");
    CHECK(files.send("plan").errors() == "/resources/1/set/regions/0: there is no region \"mars\"\n");
    files.set(R"([{"kind": "site", "key": "sit_0000000000001", "set": {"name": "Shop"}}, {"kind": "site", "key": "a", "set": {}}, {"kind": "site", "key": "a", "set": {}}])");
    CHECK(files.send("plan").status == 422);
}

TEST_CASE("secrets are set, compared, kept and removed, and never told") {
    Files files(R"([
        {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
        {"kind": "monitor", "key": "shop/api", "set": {"name": "api", "spec": {"url": "https://shop.example/", "headers": {"X-Key": "{{secrets.KEY}}"}},
                                                       "secrets": {"KEY": "open sesame"}}}
    ])");
    CHECK(json::dump(files.apply()).find("sesame") == std::string::npos);
    CHECK(files.plan()["changes"] == false);
    const auto id = id_of(files, "monitor", "shop/api");
    CHECK(stand().admin().patch("/v1/monitors/" + id, parse(R"({"secrets": {"MINE": "by hand"}})")).status == 200);
    CHECK(files.plan()["changes"] == false);

    files.resources[1]["set"]["secrets"]["KEY"] = nullptr;
    CHECK(files.apply()["changes"] == false);
    files.resources[1]["set"]["secrets"]["KEY"] = "another";
    CHECK(Files::told(files.apply()) == "update monitor shop/api\n  /secrets/KEY: \"***\" -> \"***\"\n");
    files.resources[1]["set"]["secrets"]["NEW"] = nullptr;
    CHECK(files.send("plan").errors() == "/resources/1/set/secrets/NEW: must be a string: there is no value yet\n");
    files.resources[1]["set"].erase("secrets");
    files.resources[1]["set"]["spec"].erase("headers");
    files.apply();
    CHECK(shown("/v1/monitors", id)["secrets"] == Json{{"MINE", nullptr}});
    CHECK(count("select count(*) from managed where applied like '%sesame%' or applied like '%another%'") == 0);
}

TEST_CASE("the export of what there is changes nothing when it is applied") {
    Files made(kShop);
    made.apply();
    const auto site = stand().make_site("Export (EU)");
    const auto monitor = stand().make_monitor(site, "front door");
    CHECK(stand().admin().patch("/v1/monitors/" + monitor, parse(R"({"interval_ms": 11000, "timeout_ms": 10000, "secrets": {"A": "b"}})")).status == 200);
    const auto versions = count("select sum(version) from monitor");
    const auto owner = new_owner();
    const auto exported = stand().viewer().get("/v1/export?owner=" + owner);
    REQUIRE_MESSAGE(exported.status == 200, exported.body);
    Files files("[]");
    files.owner = owner;
    files.resources = exported.json()["resources"];
    const auto has = [&](const char* key) {
        return std::any_of(files.resources.begin(), files.resources.end(), [&](const Json& one) { return one["key"] == key; });
    };
    CHECK(has("export-eu"));
    CHECK(has("export-eu/front-door"));
    CHECK(!has("shop/home"));  // it is in the files of another owner
    CHECK(exported.json()["left_out"].size() >= 2);
    const auto planned = files.plan();
    CHECK_MESSAGE(planned["changes"] == false, json::dump_pretty(planned).substr(0, 2000));
    const auto done = files.apply();
    CHECK(done["changes"] == false);
    CHECK(done["summary"]["adopt"].get<int>() >= 2);
    CHECK(count("select sum(version) from monitor") == versions);
    CHECK(files.apply()["summary"]["adopt"] == 0);
    CHECK(stand().viewer().get("/v1/export?owner=" + owner).json()["resources"].size() == files.resources.size());

    // What was adopted is released, not deleted.
    Files none("[]");
    none.owner = owner;
    const auto released = none.apply(true);
    CHECK(released["summary"]["delete"] == 0);
    CHECK(stand().viewer().get("/v1/monitors/" + monitor).status == 200);
}

TEST_CASE("two owners set fields of one resource, but not the same") {
    const Files first(kShop);
    first.apply();
    const auto site = id_of(first, "site", "shop");
    Files second(R"([{"kind": "site", "key": "theirs", "adopt": ")" + site + R"(", "set": {"owner_note": "by the second"}}])");
    CHECK(Files::told(second.apply()) == "adopt site theirs\n  /owner_note: \"\" -> \"by the second\"\n");
    CHECK(first.plan()["changes"] == false);
    second.resources[0]["set"]["name"] = "Another";
    CHECK(second.send("plan").errors() == "/resources/0/set/name: is set by the files of " + first.owner + "\n");
}

TEST_CASE("a channel needs a key that somebody knows") {
    Files files(R"([{"kind": "channel", "key": "pager", "set": {"kind": "webhook", "name": "pager", "config": {"url": "https://hook.example/x?token=abc"}}}])");
    CHECK(files.send("apply").errors() == "/resources/0/set/secrets: needs a `signing_key`: one that is made here would be shown to nobody\n");
    files.resources[0]["set"]["secrets"] = {{"signing_key", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}};
    const auto done = files.apply();
    CHECK(json::dump(done).find("token=abc") == std::string::npos);
    CHECK(files.plan()["changes"] == false);
    files.resources[0]["set"]["secrets"]["signing_key"] = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDI=";
    CHECK(Files::told(files.apply()) == "update channel pager\n  /secrets/signing_key: \"***\" -> \"***\"\n");
    CHECK(files.apply()["changes"] == false);
}

TEST_CASE("a channel of any kind is applied and exported, with its secrets by name") {
    Files files(R"([{"kind": "channel", "key": "chat", "set": {"kind": "slack_bot", "name": "chat", "config": {"channel": "#ops"}}}])");
    CHECK(files.send("apply").errors() == "/resources/0/set/secrets: needs a `bot_token`\n");
    files.resources[0]["set"]["secrets"] = {{"bot_token", "xoxb-1"}};
    files.apply();
    CHECK(files.plan()["changes"] == false);
    files.resources[0]["set"]["secrets"]["bot_token"] = "xoxb-2";
    CHECK(Files::told(files.apply()) == "update channel chat\n  /secrets/bot_token: \"***\" -> \"***\"\n");
    files.resources[0]["set"]["secrets"]["bot_token"] = nullptr;
    files.resources[0]["set"]["config"]["channel"] = "#other";
    CHECK(Files::told(files.apply()) == "update channel chat\n  /config/channel: \"#ops\" -> \"#other\"\n");
    const auto exported = json::dump(stand().admin().get("/v1/export?owner=" + files.owner).json());
    CHECK(exported.find(R"("config":{"channel":"#other"})") != std::string::npos);
    CHECK(exported.find(R"("secrets":{"bot_token":null})") != std::string::npos);
    CHECK(exported.find("xoxb-") == std::string::npos);
    files.resources[0]["set"] = {{"kind", "slack"}, {"name", "chat"}, {"config", Json::object()}};
    CHECK(files.send("apply").errors().find("/resources/0/set/kind: the kind of a channel cannot change: give it another key\n") != std::string::npos);
}

TEST_CASE("only administrators apply; who reads may export") {
    const Json body{{"owner", "files"}, {"mode", "plan"}, {"resources", Json::array()}};
    CHECK(stand().operate().post("/v1/apply", body).status == 403);
    CHECK(stand().viewer().get("/v1/export?owner=Not+One").status == 422);
    CHECK(stand().nobody().get("/v1/export").status == 401);
}

TEST_CASE("who applies and who edits at the same time lose nothing of each other") {
    const Files files(kShop);
    files.apply();
    const auto id = id_of(files, "site", "shop");
    std::string last;
    std::thread editor([&] {
        for (int i = 0; i < 25; ++i) {
            const auto note = "edit " + std::to_string(i);
            if (stand().admin().patch("/v1/sites/" + id, {{"owner_note", note}}).status == 200) last = note;
        }
    });
    for (int i = 0; i < 25; ++i) {
        auto changed = files;
        changed.resources[0]["set"]["base_url"] = "https://shop.example/" + std::to_string(i);
        const auto status = changed.send("apply").status;
        CHECK((status == 200 || status == 503));  // 503: three times somebody else was there in between
    }
    editor.join();
    CHECK(shown("/v1/sites", id)["owner_note"] == last);
}

TEST_CASE("the same files applied twice at the same time are made once") {
    const Files files(kShop);
    int statuses[2] = {0, 0};
    std::thread other([&] { statuses[0] = files.send("apply").status; });
    statuses[1] = files.send("apply").status;
    other.join();
    CHECK(statuses[0] == 200);
    CHECK(statuses[1] == 200);
    CHECK(count("select count(*) from managed where owner = '" + files.owner + "'") == 2);
    CHECK(files.plan()["changes"] == false);
}

}  // namespace api_apply_test

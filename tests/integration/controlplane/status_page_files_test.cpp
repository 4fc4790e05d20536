// Status pages in files.
#include <doctest/doctest.h>

#include "tests/integration/controlplane/apply_files.h"
#include "tests/integration/controlplane/status_page_shop.h"

namespace status_page_files_test {

using namespace sonde;
using namespace sonde::test;
using namespace sonde::test::applying;

namespace {

constexpr auto kAcme = R"([
    {"kind": "site", "key": "shop", "set": {"name": "Shop"}},
    {"kind": "monitor", "key": "shop/home", "set": {"name": "home", "spec": {"url": "https://shop.example/"}}},
    {"kind": "status_page", "key": "acme-files", "set": {"title": "Acme", "groups": [{"components": [{"id": "home", "name": "Home", "monitors": ["shop/home"]},
                                                                                                    {"id": "shop", "name": "Shop", "sites": ["shop"]}]}]}}
])";

Json page_of(const Files& files, const char* key) { return shown("/v1/status-pages", id_of(files, "status_page", key)); }
Json made(const Json& page) {
    const auto answer = stand().admin().post("/v1/status-pages", page);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json();
}

}  // namespace

TEST_CASE("a page is made with what it is about, is the same a second time, and goes with its file") {
    const Files files(kAcme);
    CHECK(Files::told(files.apply()) == "create site shop\ncreate monitor shop/home\ncreate status_page acme-files\n");
    const auto page = page_of(files, "acme-files");
    CHECK(page["slug"] == "acme-files");
    CHECK(page["groups"][0]["components"][0]["monitors"] == Json{id_of(files, "monitor", "shop/home")});
    CHECK(page["groups"][0]["components"][1]["sites"] == Json{id_of(files, "site", "shop")});
    const auto again = files.apply();
    CHECK_MESSAGE(again["summary"]["unchanged"] == 3, json::dump(again));
    CHECK(page_of(files, "acme-files")["version"] == 1);

    auto less = files;
    less.resources.erase(2);
    CHECK(Files::told(less.apply(true)) == "delete status_page acme-files\n");
    CHECK(stand().viewer().get("/v1/status-pages/" + page["id"].get<std::string>()).status == 404);
}

TEST_CASE("a page's mail goes by a channel of the files, by its key") {
    const Files files(R"([
        {"kind": "channel", "key": "page-mail", "set": {"kind": "email", "name": "Page mail", "config": {"server": "mail.example.org", "from": "a@example.org", "to": ["b@example.org"]}}},
        {"kind": "status_page", "key": "mailed", "set": {"title": "Acme", "mail_channel_id": "page-mail", "webhook_subscribers": true}}
    ])");
    files.apply();
    const auto page = page_of(files, "mailed");
    CHECK(page["mail_channel_id"] == id_of(files, "channel", "page-mail"));
    CHECK(page["webhook_subscribers"] == true);
    CHECK(files.apply()["summary"]["unchanged"] == 2);
}

TEST_CASE("what files say of a page is put back, and what they do not say stays") {
    Files files(R"([{"kind": "status_page", "key": "drifts", "set": {"title": "Acme", "accounting": {"degraded": "down"}, "css": "b {}"}}])");
    files.apply();
    const auto path = "/v1/status-pages/" + id_of(files, "status_page", "drifts");
    REQUIRE(stand().admin().patch(path, {{"title", "Other"}, {"slug", "drifted"}, {"days", 30}, {"accounting", {{"unknown", "down"}}}}).status == 200);
    CHECK(Files::told(files.apply()) == "update status_page drifts\n  /slug: \"drifted\" -> \"drifts\" by hand\n  /title: \"Other\" -> \"Acme\" by hand\n");
    const auto page = page_of(files, "drifts");
    CHECK(page["days"] == 30);
    CHECK(page["accounting"] == Json{{"degraded", "down"}, {"unknown", "down"}});
    files.set(R"([{"kind": "status_page", "key": "drifts", "set": {"title": "Acme"}}])");
    CHECK(Files::told(files.apply()) == "update status_page drifts\n  /accounting/degraded: \"down\" -> null\n  /css: \"b {}\" -> \"\"\n");
    CHECK(page_of(files, "drifts")["days"] == 30);
}

TEST_CASE("a page that people made is taken over by its slug, and stays when its file goes") {
    const auto page = made({{"slug", "by-hand"}, {"title", "By hand"}, {"days", 7}});
    Files files(R"([{"kind": "status_page", "key": "by-hand", "set": {"title": "Of files"}}])");
    CHECK(Files::told(files.apply()) == "adopt status_page by-hand\n  /title: \"By hand\" -> \"Of files\"\n");
    CHECK(page_of(files, "by-hand")["id"] == page["id"]);
    CHECK(page_of(files, "by-hand")["days"] == 7);

    // Another slug is another page, but for one that says which it was.
    files.set(R"([{"kind": "status_page", "key": "renamed-page", "adopt": ")" + page["id"].get<std::string>() + R"(", "set": {"title": "Of files"}}])");
    CHECK(Files::told(files.apply()) == "update status_page renamed-page\n  /slug: \"by-hand\" -> \"renamed-page\"\n");
    CHECK(page_of(files, "renamed-page")["id"] == page["id"]);
    files.set("[]");
    CHECK(Files::told(files.apply(true)) == "release status_page renamed-page\n");
    CHECK(stand().viewer().get("/v1/status-pages/" + page["id"].get<std::string>()).status == 200);
}

TEST_CASE("a password is set, held against its hash, kept and never told") {
    Files files(R"([{"kind": "status_page", "key": "locked", "set": {"title": "Acme", "access": "password"}}])");
    CHECK(files.send("apply").errors() == "/resources/0/set/secrets: needs a `password`\n");
    auto& set = files.resources[0]["set"];
    set["secrets"] = {{"password", "short"}};
    CHECK(files.send("apply").errors().starts_with("/resources/0/set/secrets/password: must have at least 8 characters"));
    set["secrets"]["password"] = "correct horse";
    CHECK(json::dump(files.apply()).find("horse") == std::string::npos);
    CHECK(files.plan()["changes"] == false);
    set["secrets"]["password"] = nullptr;
    CHECK(files.apply()["changes"] == false);
    set["secrets"]["password"] = "battery staple";
    CHECK(Files::told(files.apply()) == "update status_page locked\n  /secrets/password: \"***\" -> \"***\"\n");
    const auto exported = json::dump(stand().admin().get("/v1/export?owner=" + files.owner).json());
    CHECK(exported.find(R"("key":"locked","set":{"title":"Acme","access":"password","secrets":{"password":null}})") != std::string::npos);
    set = {{"title", "Acme"}};
    CHECK(Files::told(files.apply()) == "update status_page locked\n  /access: \"password\" -> \"public\"\n");
    set["access"] = "password";
    CHECK(files.send("apply").errors() == "/resources/0/set/secrets: needs a `password`\n");
    CHECK(count("select count(*) from managed where applied like '%horse%' or applied like '%staple%'") == 0);
}

TEST_CASE("pages are exported whole, and taken back without a change") {
    const Shop shop("exported");
    auto body = shop.page("exported");
    body["css"] = "a { color: red }";
    body["groups"][0]["components"][0]["shows_latency"] = {{"regions", {{"eu", "Europe"}}}};
    const auto page = made(body);
    Files files("[]");
    files.resources = stand().viewer().get("/v1/export?owner=" + files.owner).json()["resources"];
    Json found;
    for (const auto& one : files.resources) {
        if (one["kind"] == "status_page" && one["key"] == "exported") found = one;
    }
    REQUIRE(found.is_object());
    CHECK_FALSE(found.contains("adopt"));
    CHECK(found["set"]["css"] == "a { color: red }");
    CHECK(found["set"]["groups"][0]["components"][0]["monitors"][0].get<std::string>().ends_with("/home"));
    const auto planned = files.plan();
    CHECK_MESSAGE(planned["changes"] == false, json::dump_pretty(planned).substr(0, 2'000));
    files.apply();
    CHECK(page_of(files, "exported") == page);
}

TEST_CASE("mistakes in a page of files are told where they stand") {
    Files files(R"([{"kind": "status_page", "key": "wrong", "set": {"title": "", "css": "@import 'x'", "groups": [{"components": [{"id": "a", "name": "A", "monitors": ["shop/none"]}]}]}}])");
    CHECK(files.send("plan").errors() == "/resources/0/set/groups/0/components/0/monitors/0: there is no monitor \"shop/none\" in these files\n");
    files.resources[0]["set"].erase("groups");
    CHECK(files.send("plan").errors() == "/resources/0/set/title: must be a string of 1 to 200 bytes\n/resources/0/set/css: line 1, column 1: @import is not allowed\n");
    files.set(R"([{"kind": "status_page", "key": "Wrong", "set": {"title": "T"}}])");
    CHECK(files.send("plan").errors().starts_with("/resources/0/key: must be "));
}

}  // namespace status_page_files_test

// Status pages as a resource.
#include <doctest/doctest.h>

#include "controlplane/status_page/store.h"
#include "lib/account/password.h"
#include "lib/crypto/crypto.h"
#include "tests/integration/controlplane/status_page_shop.h"

namespace status_page_api_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json made(const Json& page) {
    const auto answer = stand().admin().post("/v1/status-pages", page);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json();
}
std::string path_of(const Json& page) { return "/v1/status-pages/" + page["id"].get<std::string>(); }

status_page::Guard guard_of(const Json& page) {
    return stand().pool().transact([&](db::Tx& tx) { return status_page::store::find(tx, *StatusPageId::parse(page["id"].get<std::string>()))->guard; });
}

}  // namespace

TEST_CASE("a page is made with defaults, replaced, patched field by field, and deleted") {
    const auto& api = stand().admin();
    const Shop shop("crud");
    const auto page = made(shop.page("crud"));
    const auto path = path_of(page);
    CHECK(page["access"] == "public");
    CHECK(page["days"] == 90);
    CHECK(page["accounting"] == Json::object());
    CHECK(page["groups"][0]["components"][0]["monitors"] == Json{shop.monitors[0]});
    CHECK(page["groups"][0]["components"][0]["shows_latency"] == Json{{"regions", Json::object()}});
    CHECK_FALSE(page.contains("token"));
    const auto read = stand().viewer().get(path);
    CHECK(read.json() == page);
    CHECK(stand().viewer().get(path, {"If-None-Match: " + read.header("etag")}).status == 304);

    const auto patched = api.patch(path, {{"accounting", {{"degraded", "down"}}}, {"domain", "crud.example"}}).json();
    CHECK(patched["accounting"] == Json{{"degraded", "down"}});
    CHECK(patched["version"] == 2);
    CHECK(patched["groups"] == page["groups"]);
    CHECK(api.patch(path, {{"domain", "crud.example"}}).json()["version"] == 2);
    CHECK(api.patch(path, {{"accounting", {{"degraded", nullptr}}}}).json()["accounting"] == Json::object());
    CHECK(api.patch(path, {{"title", "t"}}, {"If-Match: \"1\""}).status == 412);
    const auto put = api.put(path, {{"slug", "crud"}, {"title", "Less"}}).json();
    CHECK(put["groups"] == Json::array());
    CHECK(put["domain"] == "");
    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);
}

TEST_CASE("names and domains are of one page each, and what is named is there") {
    const auto& api = stand().admin();
    made({{"slug", "taken"}, {"title", "T"}, {"domain", "taken.example"}});
    const auto again = api.post("/v1/status-pages", {{"slug", "taken"}, {"title", "T"}});
    CHECK(again.status == 409);
    CHECK(again.body.find("of this slug") != std::string::npos);
    const auto host = api.post("/v1/status-pages", {{"slug", "free"}, {"title", "T"}, {"domain", "taken.example"}});
    CHECK(host.status == 409);
    CHECK(host.body.find("has this domain") != std::string::npos);
    const Json nobody{{{"id", "a"}, {"name", "n"}, {"monitors", {new_id<MonitorId>().text()}}, {"sites", {new_id<SiteId>().text()}}}};
    const Json page{{"slug", "free"}, {"title", "T"}, {"groups", {{{"components", nobody}}}}};
    CHECK(api.post("/v1/status-pages", page).errors() ==
          "/groups/0/components/0/monitors/0: there is no such monitor\n/groups/0/components/0/sites/0: there is no such site\n");
    CHECK(api.post("/v1/status-pages/preview", page).status == 422);
    CHECK(api.post("/v1/status-pages", {{"slug", "css"}, {"title", "T"}, {"css", "a { background: url(/x) }"}}).errors() == "/css: line 1, column 17: url() is not allowed\n");
    for (const auto* who : {&stand().operate(), &stand().viewer()}) {
        CHECK(who->post("/v1/status-pages", {{"slug", "mine"}, {"title", "T"}}).status == 403);
        CHECK(who->get("/v1/status-pages").status == 200);
    }
}

TEST_CASE("what a page shows now may be asked for by who reads pages") {
    const auto& api = stand().admin();
    const Json draft{{"slug", "shown"}, {"title", "Shown"}, {"access", "password"}, {"password", "a long password"}};
    const auto page = made(draft);
    const auto path = "/v1/status-pages/" + page["id"].get<std::string>() + "/snapshot";
    const auto answer = stand().viewer().get(path);
    CHECK(answer.status == 200);
    auto shown = answer.json();
    CHECK(shown["look"]["title"] == "Shown");
    auto previewed = api.post("/v1/status-pages/preview", draft).json();
    for (auto* one : {&shown, &previewed}) one->erase("made_at");
    CHECK(shown == previewed);
    CHECK(answer.body.find("argon2") == std::string::npos);
    CHECK(stand().nobody().get(path).status == 401);
    CHECK(api.get("/v1/status-pages/" + new_id<StatusPageId>().text() + "/snapshot").status == 404);
    CHECK(api.get(path + "?x=1").status == 422);
}

TEST_CASE("who listens to a page that is not served here is told when to come again") {
    const auto refused = stand().viewer().get(path_of(made({{"slug", "unserved"}, {"title", "T"}})) + "/events");
    CHECK(refused.status == 503);
    CHECK(refused.header("retry-after") == "5");
}

TEST_CASE("a password goes in and never comes out, and is kept as a hash") {
    const auto& api = stand().admin();
    CHECK(api.post("/v1/status-pages", {{"slug", "pw"}, {"title", "T"}, {"access", "password"}}).errors() == "/password: is needed with `access` \"password\"\n");
    const auto page = made({{"slug", "pw"}, {"title", "T"}, {"access", "password"}, {"password", "correct horse"}});
    CHECK_FALSE(page.contains("password"));
    const auto guard = guard_of(page);
    CHECK(account::verify_password(guard.password_hash, Secret("correct horse")));
    CHECK(guard.generation == 1);
    // It stays when it is not named, and what was opened by it stays open.
    CHECK(api.put(path_of(page), {{"slug", "pw"}, {"title", "U"}, {"access", "password"}}).status == 200);
    CHECK(guard_of(page) == guard);
    CHECK(api.patch(path_of(page), {{"password", "battery staple"}}).json()["version"] == 3);
    CHECK(guard_of(page).generation == 2);
    CHECK(api.patch(path_of(page), {{"access", "public"}}).status == 200);
    CHECK(guard_of(page).password_hash.empty());
    CHECK(guard_of(page).generation == 3);
    const auto audit = stand().admin().get("/v1/audit?object=page:" + page["id"].get<std::string>());
    CHECK(audit.body.find("argon2") == std::string::npos);
    CHECK(audit.json()["items"].size() == 4);
}

TEST_CASE("a token is shown where it is made, and nowhere else") {
    const auto& api = stand().admin();
    const auto created = api.post("/v1/status-pages", {{"slug", "tok"}, {"title", "T"}, {"access", "token"}});
    REQUIRE(created.status == 201);
    CHECK(created.header("cache-control") == "no-store");
    const auto page = created.json();
    const auto token = page["token"].get<std::string>();
    CHECK(guard_of(page).token_digest == crypto::sha256(token));
    CHECK_FALSE(api.get(path_of(page)).json().contains("token"));
    CHECK_FALSE(api.patch(path_of(page), {{"title", "U"}}).json().contains("token"));
    const auto another = api.send("POST", path_of(page) + "/token").json();
    CHECK(another["token"] != token);
    CHECK(guard_of(page).token_digest == crypto::sha256(another["token"].get<std::string>()));
    const auto open = made({{"slug", "tok2"}, {"title", "T"}});
    CHECK(api.send("POST", path_of(open) + "/token").status == 409);
    CHECK(api.patch(path_of(open), {{"access", "token"}}).json().contains("token"));
}

TEST_CASE("what is deleted is on no page any more, and a component that was nothing else goes with it") {
    const auto& api = stand().admin();
    const Shop shop("deleted", {"one", "two"});
    const Shop other("stays", {"three"});
    const auto page = made({{"slug", "deleted"}, {"title", "T"}, {"groups", {{{"name", "A"}, {"components", {{{"id", "one"}, {"name", "One"}, {"monitors", {shop.monitors[0]}}},
                                                                                                             {{"id", "both"}, {"name", "Both"}, {"monitors", {shop.monitors[0], shop.monitors[1]}}}}}},
                                                                             {{"name", "B"}, {"components", {{{"id", "site"}, {"name", "Site"}, {"sites", {shop.site, other.site}}}}}}}}});
    REQUIRE(api.del("/v1/monitors/" + shop.monitors[0]).status == 204);
    auto left = api.get(path_of(page)).json();
    CHECK(left["version"] == 2);
    REQUIRE(left["groups"][0]["components"].size() == 1);
    CHECK(left["groups"][0]["components"][0]["monitors"] == Json{shop.monitors[1]});
    REQUIRE(api.del("/v1/sites/" + shop.site).status == 204);
    left = api.get(path_of(page)).json();
    CHECK(left["groups"][0]["components"].empty());
    CHECK(left["groups"][1]["components"][0]["sites"] == Json{other.site});
    // What one request deletes goes at once.
    const Shop many("many of one", {"one", "two", "three"});
    const auto together = made({{"slug", "together"}, {"title", "T"}, {"groups", {{{"components", {{{"id", "a"}, {"name", "A"}, {"monitors", many.monitors}}}}}}}});
    REQUIRE(api.post("/v1/monitors/bulk_delete", {{"items", {{{"id", many.monitors[0]}}, {{"id", many.monitors[2]}}}}}).status == 200);
    CHECK(api.get(path_of(together)).json()["groups"][0]["components"][0]["monitors"] == Json{many.monitors[1]});
    CHECK(api.get(path_of(together)).json()["version"] == 2);
    // It may still be edited.
    CHECK(api.patch(path_of(page), {{"title", "U"}}).status == 200);
}

TEST_CASE("pages are listed without what is large of them, sorted, searched and cut down") {
    for (const auto* slug : {"listed-b", "listed-a", "listed-c"}) made({{"slug", slug}, {"title", std::string("Listing ") + slug}});
    const auto list = stand().viewer().get("/v1/status-pages?q=listing&sort=-slug&fields=slug").json();
    REQUIRE(list["items"].size() == 3);
    CHECK(list["items"][0]["slug"] == "listed-c");
    CHECK(list["items"][0].size() == 2);
    const auto first = stand().viewer().get("/v1/status-pages?q=listing&sort=slug&limit=2").json();
    CHECK_FALSE(first["items"][0].contains("groups"));
    const auto second = stand().viewer().get("/v1/status-pages?q=listing&sort=slug&limit=2&cursor=" + first["next_cursor"].get<std::string>()).json();
    CHECK(second["items"][0]["slug"] == "listed-c");
}

}  // namespace status_page_api_test

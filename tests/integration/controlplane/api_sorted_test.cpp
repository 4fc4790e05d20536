// Sorting and searching of all that is listed beside sites and monitors.
#include <doctest/doctest.h>

#include <functional>

#include "tests/integration/controlplane/api_stand.h"

namespace api_sorted_test {

using namespace sonde;
using namespace sonde::test;

namespace {

using Names = std::vector<std::string>;

// Something that is listed, of which tests make their own.
struct Kind {
    std::string path;
    std::string called = "id";
    std::string named = "name";
    std::function<Json(const std::string& name)> body{};
    Names orders{"name", "-name", "-created_at", "-updated_at,-id", "name,-created_at", "-id"};

    [[nodiscard]] std::string make(const std::string& name) const {
        const auto answer = stand().admin().post(path, body(name));
        REQUIRE_MESSAGE(answer.status == 201, answer.body);
        return answer.json()[called];
    }
    [[nodiscard]] Names listed(const std::string& query, const std::string& member) const {
        const auto answer = stand().admin().get(path + query);
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        Names all;
        const auto document = answer.json();
        for (const auto& item : document["items"]) all.push_back(item[member]);
        return all;
    }
};

Json window(const std::string& site, const std::string& title, const std::string& from) {
    return {{"title", title}, {"starts_at", from + "T00:00:00Z"}, {"ends_at", from + "T01:00:00Z"}, {"targets", {{"sites", {site}}}}};
}

std::vector<Kind> kinds() {
    static const auto site = stand().make_site("of what is sorted");
    static const auto monitor = stand().make_monitor(site);
    std::vector<Kind> all(6);
    all[0].path = "/v1/channels";
    all[0].body = [](const std::string& name) { return Json{{"kind", "webhook"}, {"name", name}, {"config", {{"url", "https://h.example/" + name}}}}; };
    all[1].path = "/v1/groups";
    all[1].body = [](const std::string& name) { return Json{{"site_id", site}, {"name", name}, {"needed", 1}, {"members", {monitor}}}; };
    all[2].path = "/v1/clients";
    all[2].body = [](const std::string& name) { return Json{{"name", name}, {"role", "viewer"}}; };
    all[3].path = "/v1/users";
    all[3].body = [](const std::string& name) { return Json{{"name", name}, {"email", name + "@h.example"}}; };
    all[3].orders.emplace_back("last_login_at,-name");
    all[4].path = "/v1/maintenance";
    all[4].named = "title";
    // All of them before 1970, some at the same time.
    all[4].body = [](const std::string& title) { return window(site, title, "1969-12-0" + std::to_string(1 + title.back() % 9)); };
    all[4].orders = {"title", "-title", "starts_at,-title", "-starts_at", "created_at", "-id"};
    all[5].path = "/v1/regions";
    all[5].called = "name";
    all[5].named = "title";
    all[5].body = [](const std::string& title) {
        static int last = 0;
        return Json{{"name", "z" + std::to_string(++last)}, {"title", title}, {"failure_domain", title.substr(0, 9)}};
    };
    all[5].orders = {"name", "-name", "title", "failure_domain,-name", "-created_at", "title,-updated_at"};
    return all;
}

}  // namespace

TEST_CASE("every list is sorted as asked, and its pages are one walk while rows come and go") {
    for (const auto& kind : kinds()) {
        CAPTURE(kind.path);
        // Users have no spaces in their names.
        for (const auto* name : {"walked-delta", "walked-Bravo", "walked-alpha", "walked-bravo1", "walked-Charlie"}) (void)kind.make(name);
        CHECK(kind.listed("?q=walked&sort=" + kind.named, kind.named) ==
              Names{"walked-alpha", "walked-Bravo", "walked-bravo1", "walked-Charlie", "walked-delta"});
        CHECK(kind.listed("?q=walked&sort=-" + kind.named, kind.named).front() == "walked-delta");
        CHECK(kind.listed("?q=walked&sort=-created_at&limit=1", kind.named) == Names{"walked-Charlie"});
        int others = 0;
        for (const auto& order : kind.orders) {
            const auto query = "?q=walked&sort=" + order;
            const auto whole = kind.listed(query, kind.called);
            Names walked;
            std::string cursor;
            do {
                const auto page = stand().admin().get(kind.path + query + "&limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor)).json();
                for (const auto& item : page["items"]) walked.push_back(item[kind.called]);
                cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
                if (walked.size() != 2) continue;
                const auto passing = kind.make("walked-0" + std::to_string(++others));
                // A client is there for good.
                if (kind.path == "/v1/clients") {
                    stand().run("delete from client_secret where client_id = $1", {*ClientId::parse(passing)});
                    stand().run("delete from api_client where id = $1", {*ClientId::parse(passing)});
                } else {
                    REQUIRE(stand().admin().del(kind.path + "/" + passing).status == 204);
                }
            } while (!cursor.empty());
            CHECK_MESSAGE(walked == whole, order);
        }
        const std::string cursor = stand().admin().get(kind.path + "?limit=2&sort=" + kind.named).json()["next_cursor"];
        CHECK(stand().admin().get(kind.path + "?sort=-created_at&cursor=" + cursor).status == 422);
        CHECK(stand().admin().get(kind.path + "?sort=colour").status == 422);
        CHECK(stand().admin().get(kind.path + "?fields=colour").status == 422);
        CHECK(stand().admin().get(kind.path + "?q=ab").status == 422);
    }
    stand().run("delete from region where name like 'z%'");
}

TEST_CASE("what is listed is found by what it is called and described by, whatever capitals and accents") {
    const auto& api = stand().admin();
    const auto site = stand().make_site("of what is found");
    REQUIRE(api.post("/v1/channels", {{"kind", "webhook"}, {"name", "Über alles"}, {"config", {{"url", "https://hooks.quokka.example/x"}}}}).status == 201);
    auto upgrade = window(site, "Umbau", "2030-01-01");
    upgrade["description"] = "Neue Quokka-Gehege";
    REQUIRE(api.post("/v1/maintenance", upgrade).status == 201);
    REQUIRE(api.post("/v1/groups", {{"site_id", site}, {"name", "Quokkas"}, {"needed", 1}, {"members", {stand().make_monitor(site)}}}).status == 201);
    REQUIRE(api.post("/v1/users", {{"name", "zoe"}, {"email", "zoe@quokka.example"}}).status == 201);
    REQUIRE(api.post("/v1/clients", {{"name", "Quokka feeder"}, {"role", "viewer"}}).status == 201);
    REQUIRE(api.post("/v1/regions", {{"name", "zoo"}, {"title", "Quokka Island"}, {"failure_domain", "ile-de-quokka"}}).status == 201);
    for (const std::string list : {"/v1/channels", "/v1/maintenance", "/v1/groups", "/v1/users", "/v1/clients", "/v1/regions"}) {
        CAPTURE(list);
        const auto size = [&](const std::string& words) { return api.get(list + "?q=" + words).json()["items"].size(); };
        CHECK(size("QUOKK%C3%81") == 1);
        CHECK(size("quokka%20elsewhere") == 0);
        CHECK(size("q_okka") == 0);
    }
    CHECK(api.get("/v1/channels?q=uber&fields=name").json()["items"][0]["name"] == "Über alles");
    CHECK(api.get("/v1/regions?q=ile-de").json()["items"][0]["name"] == "zoo");
    stand().run("delete from region where name = 'zoo'");
}

TEST_CASE("who is restricted searches and sorts what is his alone") {
    const auto& api = stand().admin();
    const auto mine = stand().make_site("mine");
    const auto other = stand().make_site("other");
    for (const auto& site : {other, mine}) {
        REQUIRE(api.post("/v1/groups", {{"site_id", site}, {"name", "Wombats"}, {"needed", 1}, {"members", {stand().make_monitor(site)}}}).status == 201);
        REQUIRE(api.post("/v1/maintenance", window(site, "Wombats", "2030-01-01")).status == 201);
    }
    const Json narrow{{"name", "narrow"}, {"role", "viewer"}, {"restriction", {{"sites", {mine}}}}};
    const auto caller = stand().with_token(api.post("/v1/clients", narrow).json()["secret"].get<std::string>());
    for (const std::string list : {"/v1/groups?sort=name&q=wombats", "/v1/maintenance?sort=-starts_at&q=wombats"}) {
        CHECK(api.get(list).json()["items"].size() == 2);
        const auto items = caller.get(list).json()["items"];
        REQUIRE(items.size() == 1);
        CHECK(items[0].dump().find(mine) != std::string::npos);
        // A cursor of somebody who sees all leads to no more.
        const std::string cursor = api.get(list + "&limit=1").json()["next_cursor"];
        const auto rest = caller.get(list + "&cursor=" + cursor);
        CHECK(rest.status == 200);
        CHECK(rest.body.find(other) == std::string::npos);
    }
}

}  // namespace api_sorted_test

#include <doctest/doctest.h>

#include <set>

#include "tests/integration/controlplane/api_stand.h"

namespace api_list_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// Follows `Link` from the first page to the last; `between` is called after each page.
template <class Between>
std::vector<std::string> walk(const std::string& first, const std::string& field, Between between) {
    std::vector<std::string> seen;
    for (std::string path = first; !path.empty();) {
        const auto page = stand().viewer().get(path);
        REQUIRE_MESSAGE(page.status == 200, page.body);
        const auto document = page.json();
        for (const auto& item : document["items"]) seen.push_back(item[field]);
        const auto link = page.header("link");
        CHECK(link.empty() == document["next_cursor"].is_null());
        path = link.empty() ? "" : link.substr(1, link.find('>') - 1);
        between();
    }
    return seen;
}

}  // namespace

TEST_CASE("a list is walked once over, while rows come and go") {
    const auto& api = stand().admin();
    std::vector<std::string> sites;
    for (int i = 0; i < 10; ++i) {
        sites.push_back(api.post("/v1/sites", {{"name", "walk " + std::to_string(i)}, {"tags", {"walk & <ö>"}}}).json()["id"]);
    }
    int pages = 0;
    const auto seen = walk("/v1/sites?limit=3&tag=walk%20%26%20%3C%C3%B6%3E", "id", [&] {
        ++pages;
        if (pages == 1) {
            CHECK(api.del("/v1/sites/" + sites[0]).status == 204);  // on the page before
            CHECK(api.del("/v1/sites/" + sites[2]).status == 204);  // the one that the cursor names
            CHECK(api.del("/v1/sites/" + sites[7]).status == 204);  // not reached yet
            api.post("/v1/sites", {{"name", "another"}});           // of other tags
        }
    });
    const std::vector<std::string> expected{sites[0], sites[1], sites[2], sites[3], sites[4],
                                            sites[5], sites[6], sites[8], sites[9]};
    CHECK(seen == expected);
    CHECK(pages == 3);
}

TEST_CASE("a last page that is exactly full has no next one") {
    for (int i = 0; i < 4; ++i) stand().admin().post("/v1/sites", {{"name", "full"}});
    int pages = 0;
    CHECK(walk("/v1/sites?limit=2&name=full", "name", [&pages] { ++pages; }).size() == 4);
    CHECK(pages == 2);
}

TEST_CASE("regions and agents are walked by name") {
    stand().run(R"(insert into agent (region, name, version, started_at, last_seen_at)
                   select r, 'a' || n, '1', now(), now() from unnest(array['eu', 'us']) r, generate_series(1, 3) n)");
    std::set<std::string> regions;
    for (const auto& name : walk("/v1/regions?limit=1", "name", [] {})) CHECK(regions.insert(name).second);
    CHECK(regions.contains("ap"));
    CHECK(walk("/v1/agents?limit=4", "name", [] {}) == std::vector<std::string>{"a1", "a2", "a3", "a1", "a2", "a3"});
    stand().run("delete from agent");
}

TEST_CASE("monitors are found by site, tag, name, kind and state") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto first = stand().make_monitor(site, "first");
    const auto second = stand().make_monitor(site, "second");
    REQUIRE(api.patch("/v1/monitors/" + second, {{"tags", {"red"}}}).status == 200);
    const auto found = [&](const std::string& filter) {
        std::vector<std::string> ids;
        const auto page = api.get("/v1/monitors?site_id=" + site + filter).json();
        for (const auto& item : page["items"]) ids.push_back(item["id"]);
        return ids;
    };
    CHECK(found("") == std::vector{first, second});
    CHECK(found("&tag=red") == std::vector{second});
    CHECK(found("&name=first") == std::vector{first});
    CHECK(found("&kind=http&state=pending").size() == 2);
    CHECK(found("&state=up").empty());
}

TEST_CASE("query parameters are validated as strictly as bodies") {
    const auto& api = stand().viewer();
    const auto errors = [&api](const std::string& path) {
        const auto answer = api.get(path);
        CHECK(answer.status == 422);
        return answer.errors();
    };
    CHECK(errors("/v1/sites?limit=0") == "?limit: must be a whole number from 1 to 500\n");
    CHECK(errors("/v1/sites?limit=501") == "?limit: must be a whole number from 1 to 500\n");
    CHECK(errors("/v1/sites?limit=5x") == "?limit: must be a whole number from 1 to 500\n");
    CHECK(errors("/v1/sites?limit=5&limit=6") == "?limit: is given more than once\n");
    CHECK(errors("/v1/sites?color=red") == "?color: is not a parameter of this request\n");
    CHECK(errors("/v1/sites?active=yes") == "?active: must be true or false\n");
    CHECK(errors("/v1/sites?tag=") == "?tag: must be 1 to 64 bytes of UTF-8 without control characters\n");
    CHECK(api.get("/v1/sites?tag=%00").status == 400);
    CHECK(api.get("/v1/sites?tag=%01").status == 400);
    CHECK(api.get("/v1/sites?tag=%FF%FE").status == 400);
    CHECK(errors("/v1/sites?cursor=abc") == "?cursor: is not a cursor of this list; use one from `next_cursor` as it is\n");
    CHECK(errors("/v1/monitors?site_id=mon_00000000000k1") == "?site_id: is not an identifier of the right kind\n");
    CHECK(errors("/v1/monitors?state=broken") ==
          "?state: must be one of paused, up, pending, maintenance, unknown, degraded, down\n");
    CHECK(errors("/v1/incidents?from=yesterday") ==
          "?from: must be an RFC 3339 date-time since 1970, like 2026-01-31T23:59:59Z\n");
    CHECK(errors("/v1/ledger?from=0000-01-01T00:00:00Z") ==
          "?from: must be an RFC 3339 date-time since 1970, like 2026-01-31T23:59:59Z\n");
    CHECK(errors("/v1/ledger?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z") == "?to: must be after `from`\n");
    CHECK(api.get("/v1/sites/" + stand().make_site() + "?verbose=1").errors() ==
          "?verbose: is not a parameter of this request\n");
    // The cursor of one list is none of another.
    stand().make_site();
    const std::string cursor = api.get("/v1/sites?limit=1").json()["next_cursor"];
    CHECK(api.get("/v1/sites?limit=1&cursor=" + cursor).status == 200);
    CHECK(api.get("/v1/channels?cursor=" + cursor).status == 422);
}

}  // namespace api_list_test

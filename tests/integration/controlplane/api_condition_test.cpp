#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_condition_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a tag that is known is answered with 304, until something changes") {
    const auto& api = stand().admin();
    const auto path = "/v1/sites/" + stand().make_site();
    const auto first = api.get(path);
    const auto tag = first.header("etag");
    CHECK(tag.starts_with("\"1-"));
    const auto again = api.get(path, {"If-None-Match: \"9-0\", " + tag});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(again.header("etag") == tag);
    CHECK(api.get(path, {"If-None-Match: W/" + tag}).status == 304);
    CHECK(api.get(path, {"If-None-Match: *"}).status == 304);
    CHECK(api.send("HEAD", path, "", {"If-None-Match: " + tag}).status == 304);
    CHECK(api.send("HEAD", path).status == 200);
    REQUIRE(api.patch(path, {{"owner_note", "x"}}).status == 200);
    CHECK(api.get(path, {"If-None-Match: " + tag}).status == 200);
}

TEST_CASE("a change of state without an edit has a new tag of the same version") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto monitor = stand().make_monitor(site);
    const auto tag = api.get("/v1/sites/" + site).header("etag");
    stand().run("insert into monitor_state (monitor_id, state, since, core) values ($1, 'down', now(), '{}')",
                {*MonitorId::parse(monitor)});
    const auto now = api.get("/v1/sites/" + site, {"If-None-Match: " + tag});
    CHECK(now.status == 200);
    CHECK(now.header("etag") != tag);
    CHECK(now.json()["version"] == 1);
    CHECK(api.patch("/v1/sites/" + site, {{"name", "still mine"}}, {"If-Match: " + tag}).status == 200);
}

TEST_CASE("an edit of an old version is refused with 412 and changes nothing") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    for (const auto& path : {"/v1/sites/" + site, "/v1/monitors/" + stand().make_monitor(site), std::string{"/v1/regions/ap"}}) {
        CAPTURE(path);
        const auto first = api.get(path);
        const auto field = path.starts_with("/v1/regions") ? "title" : "name";
        REQUIRE(api.patch(path, {{field, "second"}}, {"If-Match: " + first.header("etag")}).status == 200);
        CHECK(api.patch(path, {{field, "third"}}, {"If-Match: " + first.header("etag")}).status == 412);
        CHECK(api.patch(path, {{field, "third"}}, {"If-Match: \"1\""}).status == 412);
        CHECK(api.patch(path, {{field, "third"}}, {"If-Match: W/\"2\""}).status == 412);
        CHECK(api.patch(path, {{field, "third"}}, {"If-Match: nonsense"}).status == 412);
        CHECK(api.del(path, {"If-Match: \"1\""}).status == 412);
        CHECK(api.get(path).json()[field] == "second");
        CHECK(api.patch(path, {{field, "third"}}, {"If-Match: \"7\", \"2\""}).status == 200);
        CHECK(api.patch(path, {{field, "fourth"}}, {"If-Match: *"}).status == 200);
    }
    CHECK(api.put("/v1/sites/" + site, {{"name", "x"}}, {"If-Match: \"1\""}).status == 412);
}

}  // namespace api_condition_test

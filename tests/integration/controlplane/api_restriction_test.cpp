// Callers who are restricted to some sites. That they see nothing else is api_matrix_test's; here is what they may do.
#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_world.h"
#include "tests/integration/http/raw_client.h"

namespace api_restriction_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string secret_of(const Json& restriction) {
    const auto answer = stand().admin().post("/v1/clients", {{"name", "restricted"}, {"role", "admin"}, {"restriction", restriction}});
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["secret"];
}

}  // namespace

TEST_CASE("who is restricted does with his sites what his role allows, and makes new ones within") {
    const World mine("MINE", {"mine-a"});
    const World other("OTHER");
    const auto api = stand().with_token(secret_of({{"sites", {mine.site}}, {"tags", {"mine-b"}}}));
    CHECK(api.patch("/v1/sites/" + mine.site, {{"name", "MINE too"}}).status == 200);
    CHECK(api.patch("/v1/monitors/" + mine.monitor, {{"paused", true}}).status == 200);
    CHECK(api.post("/v1/sites", {{"name", "outside"}}).status == 403);
    const auto within = api.post("/v1/sites", {{"name", "within"}, {"tags", {"mine-b"}}});
    REQUIRE(within.status == 201);
    const auto path = "/v1/sites/" + within.json()["id"].get<std::string>();
    CHECK_MESSAGE(api.patch(path, {{"tags", Json::array()}}).status == 403, "it would leave what the caller sees");
    CHECK(api.get(path).json()["tags"] == Json{"mine-b"});
    const Json monitor{{"name", "m"}, {"spec", {{"url", "https://example.com/"}}}};
    auto theirs = monitor;
    theirs["site_id"] = other.site;
    CHECK(api.post("/v1/monitors", theirs).errors() == "/site_id: there is no such site\n");
    CHECK(api.post("/v1/incidents", {{"site_id", other.site}, {"title", "t"}}).status == 422);
    CHECK(api.post("/v1/sites/bulk", {{"items", {{{"name", "a"}, {"tags", {"mine-b"}}}, {{"name", "b"}}}}}).status == 403);
    CHECK(api.get("/v1/sites?name=a").json()["items"].empty());
    CHECK(api.get("/v1/sites?limit=1").json()["next_cursor"].is_string());
    CHECK(api.del(path).status == 204);
}

TEST_CASE("relations reach no further than what is seen") {
    const World mine("MINE");
    const World other("OTHER");
    const auto api = stand().with_token(secret_of({{"sites", {mine.site}}}));
    const auto node = [](const std::string& id) { return Json{{"kind", "monitor"}, {"id", id}}; };
    CHECK(api.post("/v1/dependencies", {{"child", node(mine.monitor)}, {"parent", node(other.monitor)}}).status == 422);
    CHECK(api.post("/v1/groups", {{"site_id", mine.site}, {"name", "g"}, {"needed", 1}, {"members", {mine.monitor, other.monitor}}}).status == 422);
    Json window{{"title", "w"}, {"starts_at", "2990-01-01T00:00:00Z"}, {"ends_at", "2990-01-02T00:00:00Z"}, {"targets", {{"sites", {mine.site, other.site}}}}};
    CHECK(api.post("/v1/maintenance", window).status == 422);
    window["targets"] = {{"tags", {"everybody"}}};
    CHECK(api.post("/v1/maintenance", window).status == 403);
    window["targets"] = {{"sites", {mine.site}}};
    CHECK(api.post("/v1/maintenance", window).status == 201);

    // A circle by way of what he does not see is one all the same, and its description names nothing of it.
    REQUIRE(stand().admin().post("/v1/dependencies", {{"child", node(mine.monitor)}, {"parent", node(other.monitor)}}).status == 201);
    const auto next = stand().make_monitor(mine.site, "MINE next");
    REQUIRE(stand().admin().post("/v1/dependencies", {{"child", node(other.monitor)}, {"parent", node(next)}}).status == 201);
    const auto refused = api.post("/v1/dependencies", {{"child", node(next)}, {"parent", node(mine.monitor)}});
    CHECK(refused.status == 422);
    CHECK(refused.body.find("OTHER") == std::string::npos);

    // What he deletes is gone from where he does not see it too.
    CHECK(api.del("/v1/monitors/" + mine.monitor).status == 204);
    CHECK(stand().admin().get("/v1/dependencies?limit=500").body.find(mine.monitor) == std::string::npos);
}

TEST_CASE("who is restricted hears of his sites alone, and no more once that changes") {
    const World mine("MINE", {"heard"});
    const World other("OTHER");
    const auto made = stand().admin().post("/v1/clients", {{"name", "listener"}, {"role", "viewer"}, {"restriction", {{"tags", {"heard"}}}}}).json();
    RawClient client(stand().port());
    client.send("GET /v1/events HTTP/1.0\r\nAccept: text/event-stream\r\nAuthorization: Bearer " + made["secret"].get<std::string>() + "\r\n\r\n");
    client.until("\r\n\r\n");
    while (client.until("\n\n").find("event: ready") == std::string::npos) {
    }
    const auto tell = [](const std::string& site) {
        const auto id = new_id<EventId>();
        stand().run(R"(insert into outbox (id, at, kind, site_id, payload)
                       values ($1, now(), 'incident.opened', nullif($2::bigint, 0), jsonb_build_object('id', $3::text)))",
                    {id, SiteId::parse(site).value_or(SiteId{}), id.text()});
        stand().run("select pg_notify('sonde_outbox', '')");
        return id.text();
    };
    tell(other.site);
    tell("");  // of no site
    const auto wanted = tell(mine.site);
    std::string heard;
    do heard = client.until("\n\n");
    while (heard.find("data: ") == std::string::npos);
    CHECK(heard.find(wanted) != std::string::npos);
    REQUIRE(stand().admin().patch("/v1/clients/" + made["id"].get<std::string>(), {{"restriction", {{"tags", {"nothing"}}}}}).status == 200);
    CHECK(client.until_closed() < std::chrono::seconds{10});
}

}  // namespace api_restriction_test

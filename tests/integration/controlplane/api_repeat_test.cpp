// Requests with an Idempotency-Key: done once, answered each time.
#include <doctest/doctest.h>

#include <future>

#include "controlplane/api/endpoint/repeat.h"
#include "tests/integration/controlplane/api_stand.h"
#include "tests/integration/controlplane/fake_engine.h"

namespace api_repeat_test {

using namespace sonde;
using namespace sonde::test;

namespace {

// Another one for each test, as the program has one database.
Headers keyed(const std::string& key) { return {"Idempotency-Key: " + key}; }

std::int64_t count(std::string_view sql, const std::vector<db::Param>& params) {
    return stand().pool().transact([&](db::Tx& tx) { return tx.run_text(sql, params)[0].whole(0); });
}

std::int64_t sites_named(const std::string& name) { return count("select count(*) from site where name = $1", {name}); }

struct OpenIncident {
    IncidentId id = new_id<IncidentId>();
    std::string path = "/v1/incidents/" + id.text();
    OpenIncident() {
        const auto site = *SiteId::parse(stand().make_site("Shop"));
        stand().run(R"(insert into incident (id, site_id, shard, scope, state, severity, title, failing_since, opened_at)
                       values ($1, $2, $3, 'outage', 'open', 'critical', 'Shop is down', now(), now()))",
                    {id, site, shard_of(site)});
    }
    [[nodiscard]] std::int64_t commands() const { return count("select count(*) from incident_command where incident_id = $1", {id}); }
};

}  // namespace

TEST_CASE("a site is made once, however often it is asked for with one key, and every answer is the first one") {
    const auto& api = stand().admin();
    const Json site{{"name", "made once"}};
    const auto first = api.post("/v1/sites", site, keyed("once-1"));
    REQUIRE(first.status == 201);
    CHECK(first.header("idempotency-replayed").empty());
    const auto path = first.header("location");
    REQUIRE(api.patch(path, {{"name", "renamed since"}}).status == 200);

    const auto again = api.post("/v1/sites", site, keyed("once-1"));
    CHECK(again.status == 201);
    CHECK(again.header("idempotency-replayed") == "true");
    CHECK(again.body == first.body);
    CHECK(again.header("location") == path);
    CHECK(again.header("etag") == first.header("etag"));
    CHECK(sites_named("made once") == 0);
    CHECK(sites_named("renamed since") == 1);

    CHECK(api.post("/v1/sites", site, keyed("once-2")).header("location") != path);
    CHECK(api.post("/v1/sites", site).header("location") != path);
}

TEST_CASE("a key belongs to one request of one token") {
    const auto& api = stand().admin();
    const auto first = api.post("/v1/sites", {{"name", "whose"}}, keyed("whose-1"));
    REQUIRE(first.status == 201);
    CHECK(api.post("/v1/sites", {{"name", "whose else"}}, keyed("whose-1")).status == 422);
    CHECK(api.put(first.header("location"), {{"name", "whose"}}, keyed("whose-1")).status == 422);
    CHECK(api.send("POST", "/v1/groups", R"({"name":"whose"})", keyed("whose-1")).status == 422);
    CHECK(api.get(first.header("location"), keyed("whose-1")).status == 200);

    const auto other = stand().with_token(stand().make_token("admin")).post("/v1/sites", {{"name", "whose"}}, keyed("whose-1"));
    CHECK(other.status == 201);
    CHECK(other.header("location") != first.header("location"));
}

TEST_CASE("a key that is none is refused") {
    const auto& api = stand().admin();
    for (const auto& key : {std::string(256, 'x'), std::string("two words"), std::string("gr\xc3\xbc\xc3\x9f")}) {
        const auto answer = api.post("/v1/sites", {{"name", "unmade"}}, keyed(key));
        CHECK(answer.status == 400);
        CHECK(answer.json()["detail"] == "Idempotency-Key must be 1 to 255 visible ASCII characters");
    }
    CHECK(sites_named("unmade") == 0);
    CHECK(api.post("/v1/sites", {{"name", "longest"}}, keyed(std::string(255, 'x'))).status == 201);
}

TEST_CASE("what was refused leaves no key behind") {
    const auto& api = stand().admin();
    const Json region{{"name", "repeated"}};
    REQUIRE(api.post("/v1/regions", region).status == 201);
    CHECK(api.post("/v1/regions", region, keyed("refused-1")).status == 409);
    REQUIRE(api.del("/v1/regions/repeated").status == 204);
    CHECK(api.post("/v1/regions", region, keyed("refused-1")).status == 201);
    CHECK(api.post("/v1/regions", region, keyed("refused-1")).header("idempotency-replayed") == "true");
    const auto removed = api.del("/v1/regions/repeated", keyed("refused-2"));
    CHECK(removed.status == 204);
    const auto again = api.del("/v1/regions/repeated", keyed("refused-2"));
    CHECK(again.status == 204);
    CHECK(again.header("idempotency-replayed") == "true");
    CHECK(api.del("/v1/regions/repeated").status == 404);
}

TEST_CASE("a request whose work was rolled back is done when it comes again") {
    const controlplane::Actor actor{"token:of the admin", controlplane::permissions_of(controlplane::Role::admin), "token:1"};
    http::Request request;
    request.method = http::Method::post;
    request.headers = {{"idempotency-key", "rolled-back"}};
    const crypto::SecretBox box(crypto::random_bytes(32));
    const auto key = *controlplane::request_key(request, actor);
    {
        auto tx = stand().pool().begin();
        CHECK(!controlplane::repeat::claim(tx, box, key));
        CHECK(controlplane::repeat::claim(tx, box, key));
    }
    stand().pool().transact([&](db::Tx& tx) { CHECK(!controlplane::repeat::claim(tx, box, key)); });
}

TEST_CASE("a secret that is shown once is shown to who repeats the request, and lies sealed until then") {
    const auto& api = stand().admin();
    const Json channel{{"name", "Hook"}, {"kind", "webhook"}, {"config", {{"url", "https://hooks.example/x"}}}};
    const auto first = api.post("/v1/channels", channel, keyed("secret-1"));
    REQUIRE_MESSAGE(first.status == 201, first.body);
    const auto secret = first.json()["secrets"]["signing_key"].get<std::string>();
    CHECK(api.post("/v1/channels", channel, keyed("secret-1")).json()["secrets"]["signing_key"] == secret);
    CHECK(count("select count(*) from request_key where key = 'secret-1' and position(convert_to($1, 'utf8') in answer) > 0", {secret}) == 0);
    CHECK(count("select count(*) from request_key where key = 'secret-1' and answer is not null", {}) == 1);
}

TEST_CASE("of many that come at once with one key, one is done and all are answered") {
    std::vector<std::future<Answer>> asked;
    for (int i = 0; i < 6; ++i) {
        asked.push_back(std::async(std::launch::async, [] { return stand().admin().post("/v1/sites", {{"name", "at once"}}, keyed("at-once")); }));
    }
    std::string location;
    int replayed = 0;
    for (auto& one : asked) {
        const auto answer = one.get();
        CHECK(answer.status == 201);
        if (location.empty()) location = answer.header("location");
        CHECK(answer.header("location") == location);
        replayed += answer.header("idempotency-replayed") == "true" ? 1 : 0;
    }
    CHECK(replayed == 5);
    CHECK(sites_named("at once") == 1);
}

TEST_CASE("an action that comes again is not carried out again") {
    const OpenIncident incident;
    const FakeEngine engine("done");
    const auto& api = stand().operate();
    const auto first = api.post(incident.path + "/comment", {{"comment", "I look"}}, keyed("comment-1"));
    REQUIRE_MESSAGE(first.status == 200, first.body);
    const auto again = api.post(incident.path + "/comment", {{"comment", "I look"}}, keyed("comment-1"));
    CHECK(again.status == 200);
    CHECK(again.body == first.body);
    CHECK(again.header("idempotency-replayed") == "true");
    CHECK(incident.commands() == 1);
    CHECK(api.post(incident.path + "/comment", {{"comment", "I look elsewhere"}}, keyed("comment-1")).status == 422);
}

TEST_CASE("who repeats an action that the engine has not answered waits for the same one") {
    const OpenIncident incident;
    const auto& api = stand().operate();
    CHECK(api.post(incident.path + "/acknowledge", Json::object(), keyed("away-1")).status == 503);
    CHECK(api.post(incident.path + "/acknowledge", Json::object(), keyed("away-1")).status == 503);
    CHECK(incident.commands() == 1);
    const FakeEngine engine("done");
    const auto answer = api.post(incident.path + "/acknowledge", Json::object(), keyed("away-1"));
    CHECK(answer.status == 200);
    CHECK(answer.json()["state"] == "acknowledged");
    CHECK(incident.commands() == 1);
}

TEST_CASE("an incident whose opening got no answer is opened once, and found by asking again") {
    const auto site = stand().make_site("Shop");
    const Json opening{{"site_id", site}, {"title", "Orders stand"}, {"severity", "major"}};
    const auto& api = stand().operate();
    CHECK(api.post("/v1/incidents", opening, keyed("open-1")).status == 503);
    const FakeEngine engine("done");
    const auto answer = api.post("/v1/incidents", opening, keyed("open-1"));
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    CHECK(answer.header("location") == "/v1/incidents/" + answer.json()["id"].get<std::string>());
    CHECK(api.post("/v1/incidents", opening, keyed("open-1")).body == answer.body);
    CHECK(count("select count(*) from incident where site_id = $1", {*SiteId::parse(site)}) == 1);
}

TEST_CASE("an action on nothing leaves no key behind") {
    const auto& api = stand().operate();
    const auto path = "/v1/incidents/" + new_id<IncidentId>().text() + "/comment";
    CHECK(api.post(path, {{"comment", "x"}}, keyed("nothing-1")).status == 404);
    CHECK(count("select count(*) from request_key where key = 'nothing-1'", {}) == 0);
}

}  // namespace api_repeat_test

// Agents join with tokens, and are revoked.
#include <doctest/doctest.h>

#include <thread>

#include "lib/admission/claims.h"
#include "lib/admission/id.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_join_test {

using namespace sonde;
using test::stand;

namespace {

std::string new_key() { return admission::public_text(admission::KeyKind::user, crypto::SigningKey::random()); }

// A region of the test's own, which leaves no agents behind.
struct OwnRegion {
    std::string name;
    OwnRegion() {
        static int number = 0;
        name = "join-" + std::to_string(++number);
        REQUIRE(stand().admin().post("/v1/regions", {{"name", name}}).status == 201);
    }
    ~OwnRegion() { stand().run("delete from region where name = $1", {name}); }
    OwnRegion(const OwnRegion&) = delete;
    OwnRegion& operator=(const OwnRegion&) = delete;
};

Json token_of(const std::string& region, const Json& wish = Json::object()) {
    const auto answer = stand().admin().post("/v1/regions/" + region + "/join-tokens", wish);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json();
}

test::Answer join(const std::string& token, const std::string& name, const std::string& key) {
    return stand().nobody().post("/v1/agents/join", {{"token", token}, {"name", name}, {"public_key", key}});
}

std::int64_t number(std::string_view sql, const std::vector<db::Param>& params = {}) {
    return stand().pool().transact([&](db::Tx& tx) { return tx.run_text(sql, params)[0].whole(0); });
}

bool is_revoked(const std::string& key) { return number("select count(*) from agent_key_revocation where public_key = $1", {key}) == 1; }

}  // namespace

TEST_CASE("a join token is shown once and bounded in time and use") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto made = token_of(in, {{"note", "new machines"}, {"max_uses", 2}, {"valid_for_ms", 60'000}});
    CHECK(made["state"] == "usable");
    CHECK(made["max_uses"] == 2);
    CHECK(made["note"] == "new machines");
    CHECK(made["created_by"] == "token:of the admin");
    const auto path = "/v1/regions/" + in + "/join-tokens";
    const auto again = stand().admin().get(path + "/" + made["id"].get<std::string>());
    CHECK(again.status == 200);
    CHECK(!again.json().contains("token"));
    CHECK(stand().admin().get(path).json()["items"].size() == 1);
    CHECK(number("select count(*) from join_token t where t::text like '%' || $1 || '%'", {made["token"].get<std::string>().substr(25)}) == 0);
    for (const auto& [wish, error] : {std::pair{R"({"max_uses":0})", "/max_uses"}, {R"({"max_uses":1001})", "/max_uses"}, {R"({"valid_for_ms":59999})", "/valid_for_ms"},
                                      {R"({"valid_for_ms":2592000001})", "/valid_for_ms"}, {R"({"token":"mine"})", "/token"}}) {
        const auto refused = stand().admin().post(path, *json::parse(wish));
        CHECK(refused.status == 422);
        CHECK(refused.errors().find(error) != std::string::npos);
    }
    CHECK(stand().operate().post(path, Json::object()).status == 403);
    CHECK(stand().operate().get(path).status == 403);
    CHECK(stand().admin().post("/v1/regions/nowhere/join-tokens", Json::object()).status == 404);
    CHECK(stand().admin().get("/v1/regions/eu/join-tokens/" + made["id"].get<std::string>()).status == 404);
}

TEST_CASE("who has a join token becomes an agent of its region, and may ask again if the answer was lost") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto token = token_of(in)["token"].get<std::string>();
    const auto key = new_key();
    const auto answer = join(token, "edge-1", key);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    CHECK(answer.header("cache-control") == "no-store");
    const auto joined = answer.json();
    CHECK(joined["agent"]["name"] == "edge-1");
    CHECK(joined["agent"]["region"] == in);
    CHECK(joined["nats"]["urls"] == Json{"tls://nats.example:4222"});
    const auto holder = admission::holder_of(admission::credentials(joined["credential"].get<std::string>(), Secret{"S"}).reveal());
    REQUIRE(holder);
    CHECK(holder->name == joined["agent"]["id"].get<std::string>());
    CHECK(holder->region == in);
    const auto again = join(token, "edge-1", key);
    CHECK(again.status == 201);
    CHECK(again.json()["agent"]["id"] == joined["agent"]["id"]);
    CHECK(join(token, "edge-2", new_key()).status == 403);
    const auto agent = stand().viewer().get("/v1/agents/" + joined["agent"]["id"].get<std::string>());
    CHECK(agent.status == 200);
    CHECK(agent.json()["admission"]["state"] == "joined");
    CHECK(agent.json()["admission"]["public_key"] == key);
    CHECK(agent.json()["admission"]["joined_from"] == "127.0.0.1");
    const auto told = stand().admin().get("/v1/audit?action=agent.join&object=agent:" + agent.json()["id"].get<std::string>()).json()["items"];
    REQUIRE(told.size() == 1);
    CHECK(told[0]["after"]["name"] == agent.json()["name"]);
    CHECK(told[0]["address"] == "127.0.0.1");
    CHECK(agent.json()["live"] == false);
    CHECK(agent.json()["last_seen_at"].is_null());
    CHECK(stand().admin().get("/v1/regions/" + in + "/join-tokens").json()["items"][0]["state"] == "used_up");
}

TEST_CASE("a token that is no good is refused in the same words, whatever is wrong with it") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto expired = token_of(in), revoked = token_of(in), used = token_of(in), good = token_of(in);
    stand().run("update join_token set expires_at = now() where id = $1", {*JoinTokenId::parse(expired["id"].get<std::string>())});
    CHECK(stand().admin().post("/v1/regions/" + in + "/join-tokens/" + revoked["id"].get<std::string>() + "/revoke", Json::object()).json()["state"] == "revoked");
    CHECK(join(used["token"], "first", new_key()).status == 201);
    auto wrong = good["token"].get<std::string>();
    wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
    auto unknown = good["token"].get<std::string>();
    unknown[23] = unknown[23] == '0' ? '1' : '0';
    std::string words;
    const std::vector<std::string> bad{expired["token"], revoked["token"], used["token"], wrong, unknown, "sonde_join_", "x"};
    for (const auto& token : bad) {
        const auto answer = join(token, "another", new_key());
        CHECK_MESSAGE(answer.status == 403, token);
        if (words.empty()) words = answer.body;
        CHECK(answer.body == words);
    }
    CHECK(join(good["token"], "another", new_key()).status == 201);
}

TEST_CASE("of two that come at once with a token for one, one joins") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto token = token_of(in)["token"].get<std::string>();
    std::vector<int> statuses(6);
    std::vector<std::thread> at_once;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        at_once.emplace_back([&, i] { statuses[i] = join(token, "edge-" + std::to_string(i), new_key()).status; });
    }
    for (auto& each : at_once) each.join();
    CHECK(std::count(statuses.begin(), statuses.end(), 201) == 1);
    CHECK(std::count(statuses.begin(), statuses.end(), 403) == 5);
    CHECK(stand().viewer().get("/v1/agents?region=" + in).json()["items"].size() == 1);
}

TEST_CASE("a name is one agent's until it is revoked, and a key is never admitted twice") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto token = token_of(in, {{"max_uses", 10}})["token"].get<std::string>();
    const auto first = new_key(), second = new_key();
    const auto id = join(token, "edge", first).json()["agent"]["id"].get<std::string>();
    CHECK(join(token, "edge", second).status == 409);
    CHECK(join(token, "other", first).status == 409);
    const auto revoked = stand().admin().post("/v1/agents/" + id + "/revoke", Json::object());
    CHECK(revoked.status == 200);
    CHECK(revoked.json()["admission"]["state"] == "revoking");
    CHECK(revoked.json()["admission"]["revoked_by"] == "token:of the admin");
    CHECK(is_revoked(first));
    CHECK(stand().admin().post("/v1/agents/" + id + "/revoke", Json::object()).json()["admission"]["revoked_at"] == revoked.json()["admission"]["revoked_at"]);
    stand().run("update agent_key_revocation set told_at = now() where public_key = $1", {first});
    CHECK(stand().viewer().get("/v1/agents/" + id).json()["admission"]["state"] == "revoked");
    CHECK(join(token, "edge", first).status == 409);
    CHECK(join(token, "other", first).status == 409);
    const auto back = join(token, "edge", second);
    CHECK(back.status == 201);
    CHECK(back.json()["agent"]["id"] == id);
    CHECK(stand().viewer().get("/v1/agents/" + id).json()["admission"]["state"] == "joined");
    CHECK(!is_revoked(second));
    CHECK(stand().admin().get("/v1/regions/" + in + "/join-tokens").json()["items"][0]["uses"] == 2);
}

TEST_CASE("an agent is renamed and removed, and its key ends with it") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto token = token_of(in, {{"max_uses", 10}})["token"].get<std::string>();
    const auto key = new_key();
    const auto path = "/v1/agents/" + join(token, "edge", key).json()["agent"]["id"].get<std::string>();
    CHECK(join(token, "taken", new_key()).status == 201);
    CHECK(stand().operate().patch(path, {{"name", "mine"}}).status == 403);
    CHECK(stand().admin().patch(path, {{"name", "a b"}}).status == 422);
    CHECK(stand().admin().patch(path, {{"region", "eu"}}).status == 422);
    CHECK(stand().admin().patch(path, {{"name", "taken"}}).status == 409);
    const auto tag = stand().viewer().get(path).header("etag");
    CHECK(stand().admin().patch(path, {{"name", "renamed"}}, {"If-Match: " + tag}).json()["name"] == "renamed");
    CHECK(stand().admin().patch(path, {{"name", "again"}}, {"If-Match: " + tag}).status == 412);
    CHECK(stand().operate().del(path).status == 403);
    CHECK(stand().admin().del(path).status == 204);
    CHECK(is_revoked(key));
    CHECK(stand().viewer().get(path).status == 404);
    CHECK(stand().admin().del(path).status == 404);
}

TEST_CASE("with a region go its tokens and its agents' keys") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto token = token_of(in, {{"max_uses", 10}})["token"].get<std::string>();
    const auto key = new_key();
    CHECK(join(token, "edge", key).status == 201);
    CHECK(stand().admin().del("/v1/regions/" + in).status == 204);
    CHECK(is_revoked(key));
    CHECK(join(token, "edge", new_key()).status == 403);
}

TEST_CASE("one that did not join can be read and removed, not revoked, and its name is free once it is gone") {
    const OwnRegion own;
    const auto& in = own.name;
    const auto token = token_of(in, {{"max_uses", 10}})["token"].get<std::string>();
    stand().run("insert into agent (region, name, version, started_at, last_seen_at) values ($1, 'old', '1', now(), now())", {in});
    const auto agent = stand().viewer().get("/v1/agents?region=" + in).json()["items"][0];
    CHECK(agent["admission"]["state"] == "configured");
    CHECK(agent["live"] == true);
    const auto path = "/v1/agents/" + agent["id"].get<std::string>();
    CHECK(stand().admin().post(path + "/revoke", Json::object()).status == 409);
    CHECK(stand().admin().patch(path, {{"name", "new"}}).status == 409);
    CHECK(join(token, "old", new_key()).status == 409);
    stand().run("update agent set last_seen_at = now() - interval '1 hour' where region = $1", {in});
    const auto joined = join(token, "old", new_key());
    CHECK(joined.status == 201);
    CHECK(joined.json()["agent"]["id"] == agent["id"]);
    CHECK(stand().admin().del(path).status == 204);
}

TEST_CASE("what is no wish to join is told what is wrong with it") {
    const auto post = [](const std::string& body) { return stand().nobody().send("POST", "/v1/agents/join", body); };
    CHECK(post("").status == 400);
    CHECK(post("{").status == 400);
    CHECK(post("[]").status == 422);
    CHECK(post(std::string(5000, ' ')).status == 413);
    const auto refused = post(R"({"token":"","name":"a b","public_key":"SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y","region":"eu"})");
    CHECK(refused.status == 422);
    for (const auto* pointer : {"/token", "/name", "/public_key", "/region"}) CHECK_MESSAGE(refused.errors().find(pointer) != std::string::npos, refused.errors());
}

}  // namespace api_join_test

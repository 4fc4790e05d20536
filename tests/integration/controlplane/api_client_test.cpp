#include <doctest/doctest.h>

#include "controlplane/api/endpoint/access.h"
#include "lib/crypto/crypto.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_client_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json make(const Json& body) {
    const auto answer = stand().admin().post("/v1/clients", body);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    CHECK(answer.header("cache-control") == "no-store");
    return answer.json();
}

std::string path_of(const Json& client) { return "/v1/clients/" + client["id"].get<std::string>(); }
Client with(const Json& shown) { return stand().with_token(shown["secret"]); }

}  // namespace

TEST_CASE("a client's secret is shown once, works at once, and only its hash is kept") {
    const auto made = make({{"name", "dashboard"}, {"role", "viewer"}});
    const auto secret = made["secret"].get<std::string>();
    CHECK(secret.starts_with("sonde_"));
    CHECK(with(made).get("/v1/sites").status == 200);
    CHECK(with(made).post("/v1/sites", {{"name", "x"}}).status == 403);
    const auto read = stand().admin().get(path_of(made));
    CHECK(read.body.find(secret) == std::string::npos);
    CHECK(read.json()["last_used_at"].is_string());
    CHECK(read.json()["created_by"] == "token:of the admin");
    CHECK(stand().admin().get("/v1/clients?name=dashboard&revoked=false").json()["items"].size() == 1);
    const auto found = stand().pool().transact([&](db::Tx& tx) {
        return tx.run_text("select count(*) from client_secret where hash = $1", {db::Param::bytes(crypto::sha256(secret))})[0].whole(0);
    });
    CHECK(found == 1);
}

TEST_CASE("scopes narrow a role, and must be of it") {
    const auto made = make({{"name", "pauser"}, {"role", "operator"}, {"scopes", {"monitors.read", "monitors.pause"}}});
    CHECK(made["permissions"] == Json::array({"monitors.read", "monitors.pause"}));
    CHECK(with(made).get("/v1/monitors").status == 200);
    CHECK(with(made).get("/v1/sites").status == 403);
    const auto& api = stand().admin();
    CHECK(api.post("/v1/clients", {{"name", "x"}, {"role", "viewer"}, {"scopes", {"sites.write"}}}).errors() ==
          "/scopes: \"sites.write\" is none of the role's permissions\n");
    CHECK(api.post("/v1/clients", {{"name", "x"}, {"role", "viewer"}, {"scopes", {"sites.eat"}}}).errors() ==
          "/scopes/0: \"sites.eat\" is no permission; GET /v1/permissions lists them\n");
    CHECK(api.post("/v1/clients", {{"name", "x"}, {"role", "nobody"}}).errors() == "/role: there is no such role\n");
    CHECK(api.post("/v1/clients", {{"name", "x"}, {"role", "viewer"}, {"expires_at", "2020-01-01T00:00:00Z"}}).status == 422);
    CHECK(api.post("/v1/clients", {{"name", "x"}, {"role", "viewer"}, {"restriction", Json::object()}}).status == 422);
    CHECK(api.post("/v1/clients", {{"name", "x"}, {"role", "viewer"}, {"restriction", {{"sites", {SiteId{5}.text()}}}}}).errors() ==
          "/restriction/sites/0: there is no such site\n");
}

TEST_CASE("what is changed of a client holds at once: its role, its scopes, its restriction") {
    const auto made = make({{"name", "changing"}, {"role", "viewer"}});
    const auto client = with(made);
    CHECK(client.get("/v1/channels").status == 200);
    auto put = stand().admin().get(path_of(made)).json();
    for (const auto* field : {"id", "permissions", "secrets", "last_used_at", "revoked_at", "created_by", "version", "created_at", "updated_at"}) put.erase(field);
    put["scopes"] = Json::array({"sites.read"});
    CHECK(stand().admin().put(path_of(made), put).status == 200);
    CHECK(eventually([&] { return client.get("/v1/channels").status == 403; }));
    CHECK(stand().admin().patch(path_of(made), {{"scopes", nullptr}, {"restriction", {{"tags", {"none"}}}}}).status == 200);
    CHECK(eventually([&] { return client.get("/v1/sites").json()["items"].empty(); }));
    CHECK(stand().admin().patch(path_of(made), {{"restriction", nullptr}}, {"If-Match: \"1\""}).status == 412);
    CHECK(stand().admin().patch(path_of(made), {{"restriction", nullptr}}).status == 200);
    CHECK(eventually([&] { return client.get("/v1/channels").status == 200; }));
}

TEST_CASE("a secret that is rotated works beside the new one until its time is over") {
    const auto made = make({{"name", "rotated"}, {"role", "viewer"}});
    const auto next = stand().admin().post(path_of(made) + "/rotate", {{"overlap_ms", 3'600'000}});
    REQUIRE(next.status == 200);
    CHECK(next.json()["secrets"].size() == 2);
    CHECK(next.json()["secrets"][0]["expires_at"].is_string());
    CHECK(with(made).get("/v1/sites").status == 200);
    CHECK(with(next.json()).get("/v1/sites").status == 200);
    const auto last = stand().admin().post(path_of(made) + "/rotate", {{"overlap_ms", 0}});
    CHECK(last.json()["secrets"].size() == 1);
    CHECK(eventually([&] { return with(made).get("/v1/sites").status == 401 && with(next.json()).get("/v1/sites").status == 401; }));
    CHECK(with(last.json()).get("/v1/sites").status == 200);
    for (int i = 0; i < 4; ++i) CHECK(stand().admin().send("POST", path_of(made) + "/rotate").status == 200);
    CHECK(stand().admin().send("POST", path_of(made) + "/rotate").status == 409);
}

TEST_CASE("a client that is revoked is refused by every control plane, and stays revoked") {
    const auto made = make({{"name", "gone"}, {"role", "viewer"}});
    controlplane::Tokens other(stand().pool());  // as another process has it
    CHECK(other.find(made["secret"].get<std::string>()).has_value());
    CHECK(with(made).get("/v1/sites").status == 200);
    const auto revoked = stand().admin().send("POST", path_of(made) + "/revoke");
    CHECK(revoked.json()["revoked_at"].is_string());
    CHECK(eventually([&] { return with(made).get("/v1/sites").status == 401; }));
    CHECK(eventually([&] { return !other.find(made["secret"].get<std::string>()); }));
    CHECK(stand().admin().send("POST", path_of(made) + "/revoke").json()["revoked_at"] == revoked.json()["revoked_at"]);
    CHECK(stand().admin().send("POST", path_of(made) + "/rotate").status == 409);
    CHECK(stand().admin().patch(path_of(made), {{"name", "back"}}).status == 409);
}

TEST_CASE("nobody gives what he lacks: neither by a client, nor by its secret, nor by a role") {
    const auto keeper = with(make({{"name", "keeper"}, {"role", "admin"}, {"scopes", {"access.read", "access.write", "sites.read"}}}));
    CHECK(keeper.post("/v1/clients", {{"name", "less"}, {"role", "viewer"}, {"scopes", {"sites.read"}}}).status == 201);
    const auto refused = keeper.post("/v1/clients", {{"name", "more"}, {"role", "viewer"}});
    CHECK(refused.status == 403);
    CHECK(refused.json()["detail"].get<std::string>().find("monitors.read") != std::string::npos);
    const auto strong = make({{"name", "strong"}, {"role", "admin"}});
    CHECK(keeper.send("POST", path_of(strong) + "/rotate").status == 403);
    CHECK(keeper.patch(path_of(strong), {{"name", "mine"}}).status == 403);
    CHECK(keeper.post("/v1/roles", {{"name", "too-much"}, {"permissions", {"sites.write"}}}).status == 403);
    CHECK(keeper.post("/v1/roles", {{"name", "enough"}, {"permissions", {"sites.read"}}}).status == 201);
    CHECK(keeper.patch("/v1/roles/enough", {{"permissions", {"sites.read", "sites.write"}}}).status == 403);
    CHECK(stand().admin().del("/v1/roles/enough").status == 204);
}

TEST_CASE("roles of one's own are listed beside those that are built in, and those in use stay") {
    const auto& api = stand().admin();
    const auto made = api.post("/v1/roles", {{"name", "night"}, {"title", "At night"}, {"permissions", {"sites.read", "monitors.read"}}});
    REQUIRE(made.status == 201);
    CHECK(api.post("/v1/roles", {{"name", "night"}, {"permissions", Json::array()}}).status == 409);
    CHECK(api.post("/v1/roles", {{"name", "admin"}, {"permissions", Json::array()}}).status == 422);
    CHECK(api.post("/v1/roles", {{"name", "Big"}, {"permissions", {"sites.read", "sites.read"}}}).status == 422);
    std::vector<std::string> names;
    for (std::string next = "/v1/roles?limit=2"; !next.empty();) {
        const auto page = api.get(next).json();
        for (const auto& role : page["items"]) names.push_back(role["name"]);
        next = page["next_cursor"].is_null() ? "" : "/v1/roles?limit=2&cursor=" + page["next_cursor"].get<std::string>();
    }
    CHECK(names == std::vector<std::string>{"admin", "night", "operator", "viewer"});
    for (const auto* name : {"viewer", "operator", "admin"}) {
        const auto path = std::string("/v1/roles/") + name;
        CHECK(api.get(path).json()["built_in"] == true);
        CHECK(api.patch(path, {{"title", "mine"}}).status == 409);
        CHECK(api.del(path).status == 409);
    }
    const auto client = make({{"name", "of the night"}, {"role", "night"}});
    CHECK(with(client).get("/v1/sites").status == 200);
    CHECK(api.patch("/v1/roles/night", {{"permissions", {"monitors.read"}}}).status == 200);
    CHECK(eventually([&] { return with(client).get("/v1/sites").status == 403; }));
    CHECK(api.del("/v1/roles/night").status == 409);
    REQUIRE(api.send("POST", path_of(client) + "/revoke").status == 200);
    CHECK(api.del("/v1/roles/night").status == 204);
    CHECK(api.get("/v1/roles/night").status == 404);
    CHECK(api.get("/v1/permissions").json()["items"].size() == EnumNames<controlplane::Permission>::names.size());
}

}  // namespace api_client_test

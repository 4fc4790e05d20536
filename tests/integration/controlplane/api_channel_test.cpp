#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

using namespace sonde;
using namespace sonde::test;

namespace {

Json webhook() { return {{"kind", "webhook"}, {"name", "ops"}, {"config", {{"url", "https://hooks.example/x"}}}}; }

std::string sealed(const std::string& channel) {
    return stand().pool().transact([&](db::Tx& tx) {
        return tx.run_text("select secrets from channel where id = $1", {*ChannelId::parse(channel)})[0].bytes(0);
    });
}

}  // namespace

TEST_CASE("a channel's signing key is shown once, when it is made") {
    const auto& api = stand().admin();
    const auto created = api.post("/v1/channels", webhook());
    REQUIRE(created.status == 201);
    const auto channel = created.json();
    const std::string id = channel["id"];
    const std::string key = channel["secrets"]["signing_key"];
    CHECK(key.starts_with("whsec_"));
    CHECK(created.header("cache-control") == "no-store");
    CHECK(channel["events"] == Json{"incident.opened", "incident.acknowledged", "incident.resolved", "incident.reopened"});
    CHECK(sealed(id).find(key) == std::string::npos);

    const auto read = api.get("/v1/channels/" + id);
    CHECK(!read.json().contains("secrets"));
    CHECK(read.json()["secrets_set"] == Json{"signing_key"});
    CHECK(api.get("/v1/channels?limit=500").body.find("whsec_") == std::string::npos);
    const auto renamed = api.patch("/v1/channels/" + id, {{"name", "new"}});
    CHECK(renamed.json()["name"] == "new");
    CHECK(renamed.body.find("whsec_") == std::string::npos);
}

TEST_CASE("a channel's signing key may be given, changed and made anew") {
    const auto& api = stand().admin();
    const std::string given = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    auto body = webhook();
    body["secrets"] = {{"signing_key", given}};
    const auto created = api.post("/v1/channels", body);
    REQUIRE(created.status == 201);
    CHECK(!created.json().contains("secrets"));
    const std::string id = created.json()["id"];
    const auto before = sealed(id);

    CHECK(api.patch("/v1/channels/" + id, {{"enabled", false}}).json()["version"] == 2);
    CHECK(sealed(id) == before);
    const auto rotated = api.patch("/v1/channels/" + id, {{"secrets", {{"signing_key", nullptr}}}});
    REQUIRE(rotated.status == 200);
    CHECK(rotated.json()["secrets"]["signing_key"] != given);
    CHECK(rotated.json()["version"] == 3);
    CHECK(sealed(id) != before);
    CHECK(api.patch("/v1/channels/" + id, {{"secrets", {{"signing_key", "hunter2"}}}}).errors() ==
          "/secrets/signing_key: must be `whsec_` followed by 24 to 64 bytes in base64\n");
    CHECK(api.patch("/v1/channels/" + id, {{"secrets", Json::object()}}).json()["version"] == 3);
}

TEST_CASE("a channel is deleted softly, and its deliveries stay with the incident") {
    const auto& api = stand().admin();
    const std::string id = api.post("/v1/channels", webhook()).json()["id"];
    CHECK(api.get("/v1/channels/" + id + "/deliveries").json()["items"].empty());
    CHECK(api.del("/v1/channels/" + id).status == 204);
    CHECK(api.get("/v1/channels/" + id).status == 404);
    CHECK(api.get("/v1/channels/" + id + "/deliveries").status == 404);
    const auto row = stand().pool().transact([&](db::Tx& tx) {
        return tx.run_text("select enabled, deleted_at is not null from channel where id = $1", {*ChannelId::parse(id)});
    });
    REQUIRE(row.size() == 1);
    CHECK(row[0].boolean(0) == false);
    CHECK(row[0].boolean(1) == true);
}

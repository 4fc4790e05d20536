#include <doctest/doctest.h>

#include "lib/channel/declaration.h"
#include "tests/integration/controlplane/api_stand.h"

namespace api_channel_test {

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

TEST_CASE("a channel of every kind is made by what its declaration says, and none of its secrets is ever shown") {
    const auto& api = stand().admin();
    for (const auto& kind : channel::declarations()) {
        CAPTURE(kind.kind);
        Json body{{"kind", kind.kind}, {"name", "of " + kind.kind}, {"config", Json::object()}, {"secrets", Json::object()}};
        for (const auto& field : kind.config) {
            if (!field.example.is_null()) body["config"][field.name] = field.example;
        }
        Json names = Json::array();
        for (const auto& field : kind.secrets) {
            if (field.example.is_null()) continue;
            body["secrets"][field.name] = field.example;
            names.push_back(field.name);
        }
        if (kind.kind == "webhook") names.push_back("signing_key");
        const auto created = api.post("/v1/channels", body);
        REQUIRE_MESSAGE(created.status == 201, created.body);
        CHECK(created.json()["kind"] == kind.kind);
        CHECK(created.json()["config"] == body["config"]);
        CHECK(created.json()["secrets_set"] == names);
        const std::string id = created.json()["id"];
        for (const auto& field : kind.secrets) {
            if (field.example.is_null()) continue;
            const std::string secret = field.example;
            for (const auto& text : {created.body, api.get("/v1/channels/" + id).body, api.get("/v1/channels?limit=500").body, sealed(id)}) CHECK(text.find("\"" + secret + "\"") == std::string::npos);
            if (!field.required) continue;
            auto without = body;
            without["secrets"].erase(field.name);
            CHECK(api.post("/v1/channels", without).errors() == "/secrets: the field \"" + field.name + "\" is required\n");
            CHECK(api.patch("/v1/channels/" + id, {{"secrets", {{field.name, nullptr}}}}).errors() == "/secrets: the field \"" + field.name + "\" is required\n");
        }
        CHECK(api.patch("/v1/channels/" + id, {{"kind", kind.kind == "webhook" ? "slack" : "webhook"}}).errors() == "/kind: the kind of a channel cannot change: make another one\n");
        CHECK(api.patch("/v1/channels/" + id, {{"name", "new"}}).json()["secrets_set"] == names);
        CHECK(api.del("/v1/channels/" + id).status == 204);
    }
}

TEST_CASE("a channel's settings are merged, and its secrets one by one") {
    const auto& api = stand().admin();
    const Json body{{"kind", "ntfy"}, {"name", "push"}, {"config", {{"topic", "alerts"}, {"server", "https://ntfy.example"}}}, {"secrets", {{"token", "tk_1"}}}};
    const std::string id = api.post("/v1/channels", body).json()["id"];
    CHECK(api.patch("/v1/channels/" + id, {{"config", {{"server", nullptr}}}}).json()["config"] == Json{{"topic", "alerts"}});
    CHECK(api.patch("/v1/channels/" + id, {{"config", {{"topic", nullptr}}}}).errors() == "/config: the field \"topic\" is required\n");
    CHECK(api.patch("/v1/channels/" + id, {{"config", {{"topic", "a b"}}}}).errors() == "/config/topic: must be letters, digits, `_` and `-`\n");
    CHECK(api.patch("/v1/channels/" + id, {{"secrets", {{"token", "bad token"}}}}).errors() == "/secrets/token: must be an access token\n");
    CHECK(api.patch("/v1/channels/" + id, {{"secrets", {{"token", nullptr}}}}).json()["secrets_set"] == Json::array());
    CHECK(api.patch("/v1/channels/" + id, {{"secrets", {{"token", "tk_2"}}}}).json()["secrets_set"] == Json{"token"});
}

TEST_CASE("the kinds of channels are listed with their fields") {
    const auto items = stand().admin().get("/v1/channel-kinds").json()["items"];
    CHECK(items.size() == channel::declarations().size());
    for (const auto& item : items) {
        if (item["kind"] != "telegram") continue;
        CHECK(item["config"][0]["name"] == "chat_id");
        CHECK(item["config"][0]["required"] == true);
        CHECK(item["secrets"][0]["name"] == "bot_token");
        CHECK(item.contains("duplicates"));
    }
}

TEST_CASE("a test message is planned for its channel alone") {
    const auto& api = stand().admin();
    const std::string id = api.post("/v1/channels", webhook()).json()["id"];
    const auto planned = api.post("/v1/channels/" + id + "/test", Json::object());
    REQUIRE(planned.status == 202);
    const auto deliveries = api.get("/v1/channels/" + id + "/deliveries").json()["items"];
    REQUIRE(deliveries.size() == 1);
    CHECK(deliveries[0]["id"] == planned.json()["delivery_id"]);
    CHECK(deliveries[0]["event_id"] == planned.json()["event_id"]);
    CHECK(deliveries[0]["event_kind"] == "channel.test");
    CHECK(deliveries[0]["state"] == "planned");
    CHECK(stand().operate().post("/v1/channels/" + id + "/test", Json::object()).status == 403);
    CHECK(api.patch("/v1/channels/" + id, {{"enabled", false}}).status == 200);
    CHECK(api.post("/v1/channels/" + id + "/test", Json::object()).status == 409);
    CHECK(api.post("/v1/channels/chn_0000000000001/test", Json::object()).status == 404);
    stand().run("delete from delivery");
    stand().run("delete from outbox where kind = 'channel.test'");
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

TEST_CASE("a webhook's key is changed while the one of before signs, too") {
    const auto& api = stand().admin();
    const auto created = api.post("/v1/channels", webhook()).json();
    const std::string path = "/v1/channels/" + created["id"].get<std::string>();
    const std::string before = created["secrets"]["signing_key"];
    const auto changed = api.patch(path, {{"secrets", {{"signing_key", nullptr}, {"previous_signing_key", before}}}});
    REQUIRE(changed.status == 200);
    CHECK(changed.json()["secrets"]["signing_key"] != before);
    CHECK(!changed.json()["secrets"].contains("previous_signing_key"));
    CHECK(changed.json()["secrets_set"] == Json{"previous_signing_key", "signing_key"});
    CHECK(api.get(path).body.find("whsec_") == std::string::npos);
    CHECK(api.patch(path, {{"secrets", {{"previous_signing_key", nullptr}}}}).json()["secrets_set"] == Json{"signing_key"});
    CHECK(api.patch(path, {{"secrets", {{"previous_signing_key", "whsec_short"}}}}).errors().starts_with("/secrets/previous_signing_key: must be `whsec_` followed by"));
    // Of the right letters and no base64: every message would fail.
    CHECK(api.patch(path, {{"secrets", {{"previous_signing_key", "whsec_" + std::string(33, 'A')}}}}).status == 422);
}

TEST_CASE("how a channel is sent to is part of it: defaults, changes, and what is refused") {
    const auto& api = stand().admin();
    const auto created = api.post("/v1/channels", webhook());
    REQUIRE(created.status == 201);
    const auto channel = created.json();
    const std::string path = "/v1/channels/" + channel["id"].get<std::string>();
    CHECK(channel["digest"] == Json{{"window_ms", 0}, {"storm", {{"more_than", 10}, {"within_ms", 60'000}}}});
    CHECK(channel["rate"].is_null());
    CHECK(channel["quiet_hours"].is_null());
    CHECK(channel["fallback_channel_id"].is_null());
    CHECK(channel["breaker"] == Json{{"state", "closed"}, {"since", nullptr}, {"failures", 0}, {"next_attempt_at", nullptr}, {"last_error", nullptr}, {"last_error_at", nullptr}});

    const auto other = api.post("/v1/channels", webhook()).json();
    const Json change{{"digest", {{"storm", {{"more_than", 0}}}}},
                      {"rate", {{"messages", 5}, {"per_ms", 60'000}}},
                      {"quiet_hours", {{"time_zone", "Europe/Berlin"}, {"windows", {{{"from", "22:00"}, {"to", "07:00"}}}}}},
                      {"fallback_channel_id", other["id"]}};
    const auto changed = api.patch(path, change);
    REQUIRE(changed.status == 200);
    CHECK(changed.json()["digest"]["storm"] == Json{{"more_than", 0}, {"within_ms", 60'000}});
    CHECK(changed.json()["rate"]["messages"] == 5);
    CHECK(changed.json()["quiet_hours"]["except_severities"] == Json{"critical"});
    CHECK(changed.json()["fallback_channel_id"] == other["id"]);
    CHECK(api.patch(path, change).json()["version"] == changed.json()["version"]);
    CHECK(api.patch(path, {{"quiet_hours", nullptr}}).json()["quiet_hours"].is_null());

    CHECK(api.patch(path, {{"fallback_channel_id", channel["id"]}}).errors() == "/fallback_channel_id: must be another channel\n");
    CHECK(api.patch(path, {{"fallback_channel_id", "chn_0000000000001"}}).errors() == "/fallback_channel_id: there is no such channel\n");
    CHECK(api.patch(path, {{"breaker", {{"state", "closed"}}}}).status == 422);
    CHECK(api.patch(path, {{"quiet_hours", {{"windows", {{{"from", "00:00"}, {"to", "24:00"}}}}}}}).errors() ==
          "/quiet_hours/windows: leave no minute of the week; disable the channel instead\n");
    Json telegram{{"kind", "telegram"}, {"name", "t"}, {"config", {{"chat_id", "1"}}}, {"secrets", {{"bot_token", "1:a"}}}, {"rate", {{"messages", 100}, {"per_ms", 60'000}}}};
    CHECK(api.post("/v1/channels", telegram).errors().find("/rate: is more than the receiver allows: 20 in 1m\n") != std::string::npos);

    // Words of its own; a webhook is sent the document, in which there are none.
    CHECK(channel["templates"] == Json::object());
    CHECK(api.patch(path, {{"templates", {{"*", {{"title", "x"}}}}}}).errors() == "/templates: a channel of kind webhook is sent the event's document, which has no words to change\n");
    telegram.erase("rate");
    telegram["templates"] = {{"*", {{"title", "[shop] {{title}}"}}}, {"incident.opened", {{"text", "{{text}}\nCall us."}}}};
    const auto worded = api.post("/v1/channels", telegram);
    REQUIRE(worded.status == 201);
    CHECK(worded.json()["templates"] == telegram["templates"]);
    const auto place = "/v1/channels/" + worded.json()["id"].get<std::string>();
    CHECK(api.patch(place, {{"templates", {{"incident.opened", nullptr}}}}).json()["templates"] == Json{{"*", {{"title", "[shop] {{title}}"}}}});
    CHECK(api.patch(place, {{"templates", {{"*", {{"title", "{{#facts}}"}}}}}}).errors().starts_with("/templates/*/title: is no template: "));
    CHECK(api.patch(place, {{"templates", nullptr}}).json()["templates"] == Json::object());

    // What stands in for another and is deleted stands in no more.
    REQUIRE(api.del("/v1/channels/" + other["id"].get<std::string>()).status == 204);
    CHECK(api.get(path).json()["fallback_channel_id"].is_null());
}

TEST_CASE("a channel that is left alone says since when and why, and is tried again when somebody changes it") {
    const auto& api = stand().admin();
    const auto channel = api.post("/v1/channels", webhook()).json();
    const std::string path = "/v1/channels/" + channel["id"].get<std::string>();
    stand().pool().transact([&](db::Tx& tx) {
        tx.run_text("update channel_health set failures = 7, open_since = now(), probe_at = now() + interval '1 minute', last_error = 'timed out', last_error_at = now() where channel_id = $1",
                    {*ChannelId::parse(channel["id"].get<std::string>())});
    });
    const auto breaker = api.get(path).json()["breaker"];
    CHECK(breaker["state"] == "open");
    CHECK(breaker["failures"] == 7);
    CHECK(breaker["last_error"] == "timed out");
    CHECK(breaker["since"].is_string());
    CHECK(api.patch(path, {{"name", "repaired"}}).json()["breaker"]["state"] == "closed");
}

}  // namespace api_channel_test

#include <doctest/doctest.h>

#include "lib/account/user_id.h"
#include "lib/oncall/id.h"
#include "tests/integration/controlplane/api_world.h"

namespace api_schedule_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string made(const std::string& path, const Json& body) {
    const auto answer = stand().admin().post(path, body);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["id"];
}
std::string user() {
    static int last = 0;
    return made("/v1/users", {{"name", "duty" + std::to_string(++last)}});
}
Json layer(const std::vector<std::string>& members, const std::string& start = "2026-03-16T09:00", const std::string& length = "P1W") {
    return {{"name", "weekly"}, {"members", members}, {"rotation", {{"start", start}, {"length", length}}}};
}

}  // namespace

TEST_CASE("a schedule is made, found, patched and deleted, and its mistakes are told at their places") {
    const auto& api = stand().admin();
    const auto ann = user();
    const auto created = api.post("/v1/schedules", {{"name", "First line"}, {"time_zone", "Europe/Berlin"}, {"layers", {layer({ann})}}});
    REQUIRE_MESSAGE(created.status == 201, created.body);
    const auto path = created.header("location");
    CHECK(created.json()["layers"][0]["hours"].empty());
    CHECK(api.get(path).json() == created.json());
    CHECK(api.get("/v1/schedules?q=first&fields=name&user_id=" + ann).json()["items"].size() == 1);
    CHECK(api.patch(path, {{"layers", nullptr}}).json()["layers"].empty());
    CHECK(api.patch(path, {{"time_zone", nullptr}}).json()["time_zone"] == "UTC");
    CHECK(api.send("PUT", path, json::dump({{"name", "Second line"}})).json()["name"] == "Second line");
    CHECK(stand().operate().del(path).status == 403);
    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);

    const auto errors = api.post("/v1/schedules", {{"name", ""}, {"time_zone", "Europe/Berlni"}, {"layers", {layer({"x"}, "2026", "P1X")}}}).errors();
    for (const auto* at : {"/name: ", "/time_zone: is not a time zone", "/layers/0/members/0: ", "/layers/0/rotation/start: ", "/layers/0/rotation/length: "}) {
        CHECK_MESSAGE(errors.find(at) != std::string::npos, at << "\n" << errors);
    }
    CHECK(api.post("/v1/schedules", {{"name", "n"}, {"layers", {layer({ann, new_id<UserId>().text()})}}}).errors() == "/layers/0/members/1: there is no such user\n");
}

TEST_CASE("who is on call is told in spans, with who takes over, and gaps as gaps") {
    const auto& api = stand().admin();
    const auto ann = user();
    const auto bob = user();
    const auto eve = user();
    const auto id = made("/v1/schedules", {{"name", "spans"}, {"time_zone", "Europe/Berlin"}, {"layers", {layer({ann, bob})}}});
    const auto path = "/v1/schedules/" + id;
    const auto takes_over = made(path + "/overrides", {{"user_id", eve}, {"from", "2026-03-24T00:00:00Z"}, {"to", "2026-03-25T00:00:00Z"}});
    const auto plan = stand().viewer().get(path + "/on-call?from=2026-03-16T00:00:00Z&to=2026-03-31T00:00:00Z").json();
    std::string shown;
    for (const auto& span : plan["items"]) {
        shown += span["from"].get<std::string>().substr(0, 16) + " " + (span["user"].is_null() ? "gap" : span["user"]["id"] == ann ? "ann" : span["user"]["id"] == bob ? "bob" : "eve") +
                 (span["layer"].is_null() ? "" : " " + span["layer"].get<std::string>()) + (span["override_id"] == takes_over ? " instead" : "") + "\n";
    }
    CHECK(shown ==
          "2026-03-16T00:00 gap\n2026-03-16T08:00 ann weekly\n2026-03-23T08:00 bob weekly\n2026-03-24T00:00 eve instead\n2026-03-25T00:00 bob weekly\n2026-03-30T07:00 ann weekly\n");
    CHECK(plan["items"].back()["to"] == "2026-03-31T00:00:00.000Z");
    CHECK(api.get(path + "/on-call?from=2026-03-16T00:00:00Z&to=2026-07-16T00:00:00Z").errors().starts_with("?to: must be after from"));
    CHECK(api.get(path + "/on-call").json()["items"].size() >= 2);
    CHECK(api.get("/v1/schedules/" + new_id<ScheduleId>().text() + "/on-call").status == 404);

    bool seen = false;
    std::string next = "/v1/on-call?limit=1", cursor;
    for (int page = 0; page < 500; ++page) {
        const auto now = stand().viewer().get(next + cursor).json();
        for (const auto& item : now["items"]) {
            if (item["schedule"]["id"] != id) continue;
            seen = true;
            CHECK(item["schedule"]["name"] == "spans");
            CHECK(item["layer"] == "weekly");
            CHECK((item["user"]["id"] == ann || item["user"]["id"] == bob));
        }
        if (now["next_cursor"].is_null()) break;
        cursor = "&cursor=" + now["next_cursor"].get<std::string>();
    }
    CHECK(seen);
}

TEST_CASE("an override is of its schedule, bounded and right the way round") {
    const auto& api = stand().admin();
    const auto ann = user();
    const auto path = "/v1/schedules/" + made("/v1/schedules", {{"name", "overridden"}}) + "/overrides";
    const auto other = "/v1/schedules/" + made("/v1/schedules", {{"name", "other"}}) + "/overrides";
    const auto id = made(path, {{"user_id", ann}, {"from", "2026-03-24T00:00:00Z"}, {"to", "2026-03-25T00:00:00Z"}});
    CHECK(api.get(path + "/" + id).json()["user_id"] == ann);
    CHECK(api.get(other + "/" + id).status == 404);
    CHECK(api.patch(path + "/" + id, {{"to", "2026-03-26T00:00:00Z"}}).json()["version"] == 2);
    CHECK(api.patch(path + "/" + id, {{"to", "2026-03-01T00:00:00Z"}}).errors() == "/to: must be after from\n");
    CHECK(api.post(path, {{"user_id", ann}, {"from", "2026-03-24T00:00:00Z"}, {"to", "2028-03-25T00:00:00Z"}}).errors() == "/to: must be at most 366 days after from\n");
    CHECK(api.post(path, {{"user_id", new_id<UserId>().text()}, {"from", "2026-03-24T00:00:00Z"}, {"to", "2026-03-25T00:00:00Z"}}).errors() == "/user_id: there is no such user\n");
    CHECK(api.get(path + "?user_id=" + ann).json()["items"].size() == 1);
    CHECK(api.get(other).json()["items"].empty());
    CHECK(api.del(path + "/" + id).status == 204);
}

TEST_CASE("steps name users and schedules; who is deleted is named no more") {
    const auto& api = stand().admin();
    const auto ann = user();
    const auto bob = user();
    const auto channel = made("/v1/channels", {{"kind", "webhook"}, {"name", "of ann"}, {"config", {{"url", "https://hooks.example/x"}}}});
    CHECK(api.patch("/v1/users/" + ann, {{"channels", {channel}}}).json()["channels"] == Json{channel});
    CHECK(api.patch("/v1/users/" + ann, {{"channels", {new_id<ChannelId>().text()}}}).errors() == "/channels/0: there is no such channel\n");
    const auto schedule = made("/v1/schedules", {{"name", "named"}, {"layers", {layer({ann, bob})}}});
    made("/v1/schedules/" + schedule + "/overrides", {{"user_id", bob}, {"from", "2026-03-24T00:00:00Z"}, {"to", "2026-03-25T00:00:00Z"}});
    const auto escalation = "/v1/escalations/" + made("/v1/escalations", {{"name", "named"}, {"steps", {{{"after_ms", 0}, {"users", {ann, bob}}, {"schedules", {schedule}}}}}});
    CHECK(api.post("/v1/escalations", {{"name", "n"}, {"steps", {{{"after_ms", 0}, {"users", {new_id<UserId>().text()}}, {"schedules", {new_id<ScheduleId>().text()}}}}}}).errors() ==
          "/steps/0/users/0: there is no such user\n/steps/0/schedules/0: there is no such schedule\n");
    CHECK(api.get("/v1/escalations?user_id=" + bob).json()["items"].size() == 1);
    CHECK(api.get("/v1/escalations?schedule_id=" + schedule).json()["items"].size() == 1);
    REQUIRE(api.del("/v1/users/" + bob).status == 204);
    CHECK(api.get(escalation).json()["steps"][0]["users"] == Json{ann});
    CHECK(api.get("/v1/schedules/" + schedule).json()["layers"][0]["members"] == Json{ann});
    CHECK(api.get("/v1/schedules/" + schedule + "/overrides").json()["items"].empty());
    REQUIRE(api.del("/v1/schedules/" + schedule).status == 204);
    CHECK(api.get(escalation).json()["steps"][0]["schedules"].empty());
    REQUIRE(api.del("/v1/channels/" + channel).status == 204);
    CHECK(api.get("/v1/users/" + ann).json()["channels"].empty());
}

TEST_CASE("schedules are applied from files, and steps name them by their keys") {
    const auto& api = stand().admin();
    const auto ann = user();
    const Json resources = Json::array({{{"kind", "schedule"}, {"key", "first"}, {"set", {{"name", "First of files"}, {"time_zone", "Europe/Berlin"}, {"layers", {layer({ann})}}}}},
                                        {{"kind", "escalation"}, {"key", "calls"}, {"set", {{"name", "Calls of files"}, {"steps", {{{"after_ms", 0}, {"schedules", {"first"}}}}}}}}});
    const auto apply = [&](const Json& wanted) {
        const auto answer = api.post("/v1/apply", {{"owner", "calling"}, {"mode", "apply"}, {"prune", true}, {"resources", wanted}});
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        return answer.json()["steps"].size();
    };
    CHECK(apply(resources) == 2);
    CHECK(apply(resources) == 0);
    const auto answered = api.get("/v1/export?owner=calling");
    REQUIRE_MESSAGE(answered.status == 200, answered.body);
    const auto exported = answered.json();
    for (const auto& resource : exported["resources"]) {
        if (resource["kind"] == "escalation" && resource["key"] == "calls") CHECK(resource["set"]["steps"][0]["schedules"] == Json{"first"});
    }
    CHECK(apply(Json::array()) == 2);
    CHECK(api.get("/v1/schedules?limit=500").body.find("First of files") == std::string::npos);
}

}  // namespace api_schedule_test

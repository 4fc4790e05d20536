// Schedules and who takes over in them, from files: made once, exported, pruned, and left alone when they are over.
#include <doctest/doctest.h>

#include <chrono>

#include "lib/account/user_id.h"
#include "lib/base/instant.h"
#include "tests/integration/controlplane/apply_files.h"

namespace api_schedule_files_test {

using namespace sonde;
using namespace sonde::test;
using namespace sonde::test::applying;

namespace {

std::string person() {
    static int last = 0;
    const auto answer = stand().admin().post("/v1/users", {{"name", "stand-in" + std::to_string(++last)}});
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["id"];
}

// From now, in whole hours.
std::string at(int hours) {
    static const auto now = std::chrono::floor<std::chrono::hours>(std::chrono::system_clock::now());
    return to_rfc3339(std::chrono::time_point_cast<TimePoint::duration>(now + std::chrono::hours(hours)));
}

Json schedule(const std::string& key) { return {{"kind", "schedule"}, {"key", key}, {"set", {{"name", key}}}}; }
Json takes_over(const std::string& key, const std::string& of, const std::string& user, int from, int to) {
    return {{"kind", "schedule_override"}, {"key", key}, {"set", {{"schedule", of}, {"user_id", user}, {"from", at(from)}, {"to", at(to)}}}};
}

Json overrides_of(const Files& files, const char* key) {
    return stand().admin().get("/v1/schedules/" + id_of(files, "schedule", key) + "/overrides").json()["items"];
}

}  // namespace

TEST_CASE("who takes over is made with the schedule, once, and changed in place") {
    const auto ann = person();
    Files files("[]");
    files.resources = {takes_over("easter", "line", ann, 24, 48), schedule("line")};
    CHECK(Files::told(files.plan()) == "create schedule line\ncreate schedule_override easter\n");
    files.apply();
    const auto made = overrides_of(files, "line");
    REQUIRE(made.size() == 1);
    CHECK(made[0]["user_id"] == ann);
    CHECK(made[0]["from"] == at(24));
    CHECK(files.plan()["changes"] == false);
    files.apply();
    CHECK(overrides_of(files, "line") == made);

    files.resources[0]["set"]["to"] = at(72);
    CHECK(Files::told(files.apply()) == "update schedule_override easter\n  /to: \"" + at(48) + "\" -> \"" + at(72) + "\"\n");
    const auto changed = overrides_of(files, "line");
    REQUIRE(changed.size() == 1);
    CHECK(changed[0]["id"] == made[0]["id"]);
    CHECK(changed[0]["version"] == 2);
}

TEST_CASE("mistakes of overrides are told at their places") {
    const auto ann = person();
    Files files("[]");
    files.resources = {schedule("line"), schedule("other"), takes_over("easter", "missing", ann, 48, 24)};
    CHECK(files.send("apply").errors() == "/resources/2/set/schedule: there is no schedule \"missing\" in these files\n");
    files.resources[2]["set"]["schedule"] = "line";
    CHECK(files.send("apply").errors() == "/resources/2/set/to: must be after from\n");
    files.resources[2] = takes_over("easter", "line", new_id<UserId>().text(), 24, 48);
    CHECK(files.send("apply").errors() == "/resources/2/set/user_id: there is no such user\n");
    files.resources[2]["set"]["user_id"] = ann;
    files.apply();
    files.resources[2]["set"]["schedule"] = "other";
    CHECK(files.send("apply").errors() == "/resources/2/set/schedule: the schedule of an override cannot change: give it another key\n");
}

TEST_CASE("what no file has any more is told, and pruned unless it is over") {
    const auto ann = person();
    Files files("[]");
    files.resources = {schedule("line"), takes_over("easter", "line", ann, 24, 48), takes_over("summer", "line", ann, 96, 120)};
    files.apply();
    const auto easter = id_of(files, "schedule_override", "easter");
    files.resources = {schedule("line")};
    CHECK(Files::told(files.apply()) == "orphan schedule_override easter\norphan schedule_override summer\n");
    const auto path = "/v1/schedules/" + id_of(files, "schedule", "line") + "/overrides/" + easter;
    REQUIRE(stand().admin().patch(path, {{"from", at(-48)}, {"to", at(-24)}}).status == 200);
    CHECK(Files::told(files.apply(true)) == "release schedule_override easter\ndelete schedule_override summer\n");
    CHECK(overrides_of(files, "line").size() == 1);
    CHECK(files.plan(true)["changes"] == false);
    files.resources = Json::array();
    CHECK(Files::told(files.apply(true)) == "delete schedule line\n");
}

TEST_CASE("a schedule stays while somebody is to take over in it whom no file has") {
    Files files("[]");
    files.resources = {schedule("line")};
    files.apply();
    const auto path = "/v1/schedules/" + id_of(files, "schedule", "line") + "/overrides";
    const auto made = stand().admin().post(path, {{"user_id", person()}, {"from", at(-24)}, {"to", at(24)}});
    REQUIRE(made.status == 201);
    const std::string id = made.json()["id"];
    files.resources = Json::array();
    CHECK(Files::told(files.apply(true)) == "keep schedule line\n");
    CHECK(overrides_of(files, "line").size() == 1);
    REQUIRE(stand().admin().patch(path + "/" + id, {{"to", at(-1)}}).status == 200);
    CHECK(Files::told(files.apply(true)) == "delete schedule line\n");
}

TEST_CASE("what is over is not made, not put back, and not exported") {
    const auto ann = person();
    const auto bob = person();
    Files files("[]");
    files.resources = {schedule("line"), takes_over("last-year", "line", ann, -48, -24), takes_over("now", "line", ann, -1, 24)};
    CHECK(Files::told(files.apply()) == "create schedule line\nover schedule_override last-year\ncreate schedule_override now\n");
    CHECK(overrides_of(files, "line").size() == 1);
    CHECK(files.plan()["changes"] == false);
    const auto exported = [&] { return json::dump(stand().admin().get("/v1/export?owner=" + files.owner).json()); };
    CHECK(exported().find(R"("kind":"schedule_override","key":"now","set":{"schedule":"line","user_id":")" + ann) != std::string::npos);

    // Time goes on: the file still has what was, and somebody wrote down who it really was.
    const auto path = "/v1/schedules/" + id_of(files, "schedule", "line") + "/overrides/" + id_of(files, "schedule_override", "now");
    REQUIRE(stand().admin().patch(path, {{"user_id", bob}, {"from", at(-30)}, {"to", at(-2)}}).status == 200);
    files.resources[2]["set"]["from"] = at(-30);
    files.resources[2]["set"]["to"] = at(-3);
    CHECK(files.plan()["changes"] == false);
    files.apply();
    CHECK(stand().admin().get(path).json()["user_id"] == bob);
    CHECK(exported().find(R"("key":"now")") == std::string::npos);

    // Of what is over in the files and not in Sonde, the files are right; and so the other way round.
    files.resources[2]["set"]["to"] = at(24);
    CHECK(files.plan()["summary"]["update"] == 1);
    files.apply();
    CHECK(stand().admin().get(path).json()["user_id"] == ann);
}

}  // namespace api_schedule_files_test

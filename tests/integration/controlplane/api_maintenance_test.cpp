#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_maintenance_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string in(seconds from_now) { return to_rfc3339(wall_now() + from_now); }

Json once(const std::string& site, seconds from = seconds{-60}, seconds to = seconds{3600}) {
    return {{"title", "New switch"}, {"starts_at", in(from)}, {"ends_at", in(to)}, {"targets", {{"sites", {site}}}}};
}

Json daily(const std::string& site) {
    return {{"title", "Nightly"}, {"starts_at", in(seconds{-86'400 * 3})}, {"rrule", "FREQ=HOURLY"}, {"duration_ms", 3'500'000}, {"targets", {{"sites", {site}}}}};
}

}  // namespace

TEST_CASE("a maintenance window is made, read, changed and deleted as everything is") {
    const auto& api = stand().operate();
    const auto site = stand().make_site();
    const auto created = api.post("/v1/maintenance", once(site));
    REQUIRE(created.status == 201);
    const auto path = created.header("location");
    const auto window = created.json();
    CHECK(path == "/v1/maintenance/" + window["id"].get<std::string>());
    CHECK(window["state"] == "active");
    CHECK(window["targets"] == Json({{"sites", {site}}, {"monitors", Json::array()}, {"tags", Json::array()}}));
    CHECK(window["current"]["ends_at"] == window["ends_at"]);
    CHECK(stand().viewer().get(path).json()["title"] == "New switch");

    const auto tag = created.header("etag");
    const auto renamed = api.patch(path, {{"title", "Old switch"}}, {"If-Match: " + tag});
    CHECK(renamed.json()["version"] == 2);
    CHECK(api.patch(path, {{"title", "x"}}, {"If-Match: " + tag}).status == 412);
    CHECK(api.patch(path, {{"title", "Old switch"}}).json()["version"] == 2);
    // From once to recurring, and what it needs is asked for.
    CHECK(api.patch(path, {{"rrule", "FREQ=DAILY"}, {"ends_at", nullptr}}).errors() == ": the field \"duration_ms\" is required\n");
    CHECK(api.patch(path, {{"rrule", "FREQ=DAILY"}, {"ends_at", nullptr}, {"duration_ms", 3'600'000}}).json()["rrule"] == "FREQ=DAILY");
    CHECK(api.put(path, once(site)).json().contains("ends_at"));
    CHECK(stand().viewer().post("/v1/maintenance", once(site)).status == 403);
    CHECK(api.del(path).status == 204);
    CHECK(api.get(path).status == 404);
}

TEST_CASE("windows are listed by what they are about, page by page") {
    const auto& api = stand().operate();
    const auto site = stand().make_site();
    const auto monitor = stand().make_monitor(site);
    auto tagged = once(site, seconds{-7200}, seconds{-3600});
    tagged["targets"] = {{"tags", {"listed-tag"}}, {"monitors", {monitor}}};
    for (int i = 0; i < 3; ++i) REQUIRE(api.post("/v1/maintenance", once(site)).status == 201);
    REQUIRE(api.post("/v1/maintenance", tagged).status == 201);
    const auto count = [&](const std::string& query) { return api.get("/v1/maintenance?limit=500&" + query).json()["items"].size(); };
    CHECK(count("site_id=" + site) == 3);
    CHECK(count("monitor_id=" + monitor) == 1);
    CHECK(count("tag=listed-tag") == 1);
    CHECK(count("tag=listed-tag&over=true") == 1);
    CHECK(count("tag=listed-tag&over=false") == 0);
    CHECK(count("site_id=" + site + "&over=false") == 3);
    const auto first = api.get("/v1/maintenance?limit=2&site_id=" + site).json();
    const auto second = api.get("/v1/maintenance?limit=2&site_id=" + site + "&cursor=" + first["next_cursor"].get<std::string>()).json();
    CHECK(first["items"].size() + second["items"].size() == 3);
    CHECK(second["next_cursor"].is_null());
    CHECK(api.get("/v1/maintenance?colour=red").status == 422);
    // A monitor that is deleted is a target no more.
    CHECK(stand().admin().del("/v1/monitors/" + monitor).status == 204);
    CHECK(count("monitor_id=" + monitor) == 0);
}

TEST_CASE("what is no window is refused with where and why") {
    const auto& api = stand().operate();
    const auto site = stand().make_site();
    auto body = once(site);
    body["targets"] = {{"sites", {site, "sit_0000000000000"}}, {"monitors", {"mon_0000000000000"}}};
    CHECK(api.post("/v1/maintenance", body).errors() == "/targets/sites/1: there is no such site\n/targets/monitors/0: there is no such monitor\n");
    auto rule = daily(site);
    rule["rrule"] = "FREQ=HOURLY;BYDAY=XX";
    CHECK(api.post("/v1/maintenance", rule).errors().starts_with("/rrule: column "));
    rule = daily(site);
    rule["timezone"] = "Mars/Olympus";
    CHECK(api.post("/v1/maintenance", rule).errors() == "/timezone: is not a time zone of the IANA database: Mars/Olympus\n");
    rule = daily(site);
    rule["duration_ms"] = 3'600'001;
    CHECK(api.post("/v1/maintenance", rule).errors().starts_with("/duration_ms: is longer than the time from one occurrence to the next: 1h"));
}

TEST_CASE("an occurrence under way is ended, or made longer, by hand") {
    const auto& api = stand().operate();
    const auto site = stand().make_site();
    SUBCASE("of a window that is once") {
        const std::string path = api.post("/v1/maintenance", once(site)).header("location");
        const auto until = in(seconds{7200});
        CHECK(api.post(path + "/extend", {{"until", until}}).json()["ends_at"] == until);
        const auto ended = api.post(path + "/end", Json::object());
        CHECK(ended.status == 200);
        CHECK(ended.json()["state"] == "over");
        CHECK(api.post(path + "/end", Json::object()).status == 409);
        CHECK(api.post(path + "/extend", {{"until", until}}).status == 409);
    }
    SUBCASE("of one that recurs, and of no other occurrence") {
        const std::string path = api.post("/v1/maintenance", daily(site)).header("location");
        if (api.get(path).json()["current"].is_null()) return;  // in the pause between two
        const auto ended = api.post(path + "/end", Json::object()).json();
        CHECK(ended["state"] == "scheduled");
        CHECK(ended["version"] == 2);
        CHECK(!ended["next"].is_null());
        const auto past = api.get(path + "/occurrences?from=" + in(seconds{-5}) + "&to=" + in(seconds{86'400})).json()["items"];
        CHECK(past.size() >= 24);
        CHECK(past[0]["given_by"].get<std::string>().starts_with("token:"));
        CHECK(past[1]["given_by"].is_null());
    }
    const std::string path = api.post("/v1/maintenance", once(site)).header("location");
    CHECK(api.post(path + "/extend", {{"until", in(seconds{-5})}}).errors() == "/until: must be in the future: to end the window now, post to …/end\n");
    CHECK(api.post(path + "/extend", {{"until", "later"}}).status == 422);
    CHECK(api.get(path + "/occurrences?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z").status == 422);
}

}  // namespace api_maintenance_test

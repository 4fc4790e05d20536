#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_world.h"

namespace api_settings_test {

using namespace sonde;
using namespace sonde::test;

namespace {

const std::string kPath = "/v1/settings";

std::string put(const Json& body) {
    const auto answer = stand().admin().send("PUT", kPath, json::dump(body));
    return answer.status == 200 ? "" : answer.errors();
}

}  // namespace

TEST_CASE("settings are read, replaced and patched member by member; what is not said is the configuration's") {
    const auto& api = stand().admin();
    REQUIRE(put(Json::object()).empty());
    const auto before = api.get(kPath).json();
    CHECK(before["retention"]["results_days"].is_null());
    CHECK(before["retention"].size() == 7);
    const auto patched = api.patch(kPath, {{"retention", {{"results_days", 60}, {"audit_days", 3650}}}}).json();
    CHECK(patched["retention"]["results_days"] == 60);
    CHECK(patched["version"] == before["version"].get<int>() + 1);
    CHECK(api.patch(kPath, {{"retention", {{"results_days", 60}}}}).json()["version"] == patched["version"]);
    CHECK(api.patch(kPath, {{"retention", {{"results_days", nullptr}}}}).json()["retention"]["results_days"].is_null());
    CHECK(api.get(kPath).json()["retention"]["audit_days"] == 3650);
    // What was shown can be put.
    auto shown = api.get(kPath).json();
    shown.erase("version");
    shown.erase("updated_at");
    CHECK(put(shown).empty());
    CHECK(put(Json::object()).empty());
    CHECK(api.get(kPath).json()["retention"]["audit_days"].is_null());
}

TEST_CASE("settings that make no sense are refused, with where") {
    CHECK(put({{"retention", {{"results_days", 0}, {"hourly_rollups_days", 1}, {"audit_days", 3651}, {"events_days", "week"}, {"moods_days", 3}}}}) ==
          "/retention/results_days: must be a whole number from 1 to 3650\n"
          "/retention/events_days: must be a whole number from 1 to 3650\n"
          "/retention/audit_days: must be a whole number from 1 to 3650\n"
          "/retention/hourly_rollups_days: must be a whole number from 2 to 3650\n"
          "/retention/moods_days: is not a field of this object\n");
    CHECK(put({{"retention", 3}}) == "/retention: must be an object\n");
    CHECK(put({{"version", 3}}) == "/version: is set by the server and cannot be given\n");
}

TEST_CASE("settings are seen by who may read, changed by administrators, and not against what somebody else has done meanwhile") {
    CHECK(stand().operate().get(kPath).status == 200);
    CHECK(stand().operate().patch(kPath, {{"retention", {{"results_days", 5}}}}).status == 403);
    const auto tag = stand().admin().get(kPath).header("etag");
    REQUIRE(put({{"retention", {{"events_days", 9}}}}).empty());
    CHECK(stand().admin().send("PUT", kPath, "{}", {"If-Match: " + tag}).status == 412);
    REQUIRE(put(Json::object()).empty());
}

}  // namespace api_settings_test

#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_assertion_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json monitor_with(const std::string& site, const std::string& assertions) {
    const auto list = json::parse(assertions);
    REQUIRE_MESSAGE(list, assertions);
    return {{"site_id", site}, {"name", "m"}, {"spec", {{"url", "https://example.com/"}, {"assertions", *list}}}};
}

}  // namespace

TEST_CASE("a path or a pattern that does not compile is refused when the monitor is saved, with the place and the column") {
    const auto& api = stand().admin();
    const auto site = stand().make_site();
    const auto* bad =
        R"([{"on":"body","contains":"fine"},{"on":"json","path":"$.a[?@.b == ]","exists":true},{"on":"body","matches":"a(b"},{"on":"header","name":"A","below":1}])";
    const auto created = api.post("/v1/monitors", monitor_with(site, bad));
    CHECK(created.status == 422);
    const auto errors = created.errors();
    CHECK_MESSAGE(errors.find("/spec/assertions/1/path: is not a JSONPath, at column 13: ") != std::string::npos, errors);
    CHECK_MESSAGE(errors.find("/spec/assertions/2/matches: is not a regular expression, at column 4: missing ): a(b") != std::string::npos, errors);
    CHECK_MESSAGE(errors.find("/spec/assertions/3: needs a comparison, one of \"exists\"") != std::string::npos, errors);
    CHECK_MESSAGE(errors.find("/spec/assertions/3/below: is not a field of this object") != std::string::npos, errors);
    CHECK(errors.find("/spec/assertions/0") == std::string::npos);

    const auto path = "/v1/monitors/" + stand().make_monitor(site);
    const auto patched = api.patch(path, {{"spec", {{"assertions", {{{"on", "body"}, {"matches", "*"}}}}}}});
    CHECK(patched.status == 422);
    CHECK(patched.errors().starts_with("/spec/assertions/0/matches: is not a regular expression, at column 1: "));
    CHECK(api.get(path).json()["spec"]["assertions"].empty());
}

TEST_CASE("assertions are kept as they were given, and giving them again changes nothing") {
    const auto& api = stand().admin();
    const auto* good =
        R"([{"on":"response_time","below_ms":500,"severity":"degraded"},{"on":"header","name":"Content-Type","contains":"json"},)"
        R"({"on":"json","path":"$.a","equals":{"b":[1.0,null,"\u00e9"],"a":-0.5}},{"on":"json","path":"$.n","equals":null},)"
        R"({"on":"json","path":"$.n","at_most":1e300},{"on":"certificate","days_left_at_least":3}])";
    const auto created = api.post("/v1/monitors", monitor_with(stand().make_site(), good));
    REQUIRE(created.status == 201);
    const auto monitor = created.json();
    const auto& assertions = monitor["spec"]["assertions"];
    REQUIRE(assertions.size() == 6);
    CHECK(assertions[0]["severity"] == "degraded");
    CHECK(assertions[1]["severity"] == "down");
    // Members of an object have no order.
    CHECK(json::same_content(assertions[2]["equals"], Json::parse(R"({"a":-0.5,"b":[1.0,null,"\u00e9"]})")));
    CHECK(assertions[3]["equals"].is_null());
    CHECK(assertions[4]["at_most"] == 1e300);
    const auto path = "/v1/monitors/" + monitor["id"].get<std::string>();
    CHECK(api.get(path).json()["spec"] == monitor["spec"]);
    CHECK(api.patch(path, {{"spec", {{"assertions", *json::parse(good)}}}}).json()["version"] == 1);
    CHECK(api.patch(path, {{"spec", {{"assertions", Json::array()}}}}).json()["version"] == 2);
}

}  // namespace api_assertion_test

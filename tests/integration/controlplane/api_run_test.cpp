// What of a run is refused, and by whom it may be asked for. The stand has no bus: no region takes a job.
#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_run_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("an operator may run a monitor and a spec that is not saved, a viewer may not") {
    const auto monitor = "/v1/monitors/" + stand().make_monitor(stand().make_site()) + "/check";
    const Json spec{{"spec", {{"url", "https://example.com/"}}}, {"regions", {"eu"}}};
    CHECK(stand().viewer().send("POST", monitor).status == 403);
    CHECK(stand().viewer().post("/v1/check", spec).status == 403);
    CHECK(stand().nobody().post("/v1/check", spec).status == 401);
    const auto report = stand().operate().post("/v1/check", spec).json();
    CHECK(report["results"].empty());
    CHECK(report["missing"] == Json::array({{{"region", "eu"}, {"reason", "the bus did not take the job"}}}));
    CHECK(stand().operate().send("POST", monitor).json()["missing"].size() == 3);
}

TEST_CASE("a run of a spec is refused with every mistake, as a monitor is") {
    const auto& api = stand().operate();
    const auto refused = api.post("/v1/check", {{"spec", {{"url", "ftp://x/"}, {"method", 5}}}, {"timeout_ms", 1}, {"regions", {"EU"}}, {"name", "x"}});
    CHECK(refused.status == 422);
    for (const auto* pointer : {"/spec/url: ", "/spec/method: ", "/timeout_ms: ", "/regions/0: ", "/name: "})
        CHECK_MESSAGE(refused.errors().find(pointer) != std::string::npos, refused.errors());
    CHECK(api.post("/v1/check", Json::object()).errors().find("the field \"spec\" is required") != std::string::npos);
    CHECK(api.post("/v1/check", {{"kind", "carrier-pigeon"}, {"spec", Json::object()}}).errors().find("/kind: ") != std::string::npos);
    CHECK(api.send("POST", "/v1/check").status == 400);
    CHECK(api.post("/v1/check", {{"spec", {{"url", "https://example.com/"}}}, {"regions", {"eu", "nowhere"}}}).errors() ==
          "/regions/1: there is no region \"nowhere\"\n");
}

TEST_CASE("a run of a monitor takes regions and nothing else, and needs a monitor") {
    const auto& api = stand().operate();
    const auto id = stand().make_monitor(stand().make_site());
    const auto path = "/v1/monitors/" + id + "/check";
    CHECK(api.post(path, {{"regions", {"us", "eu"}}}).json()["missing"][0]["region"] == "us");
    CHECK(api.post(path, {{"regions", {"eu", "eu"}}}).errors().starts_with("/regions/1: "));
    CHECK(api.post(path, {{"regions", {"nowhere"}}}).status == 422);
    CHECK(api.post(path, {{"timeout_ms", 500}}).errors().starts_with("/timeout_ms: "));
    CHECK(api.post(path + "?x=1", Json::object()).status == 422);
    CHECK(stand().admin().del("/v1/monitors/" + id).status == 204);
    CHECK(api.post(path, Json::object()).status == 404);
    CHECK(api.post("/v1/monitors/nonsense/check", Json::object()).status == 404);
}

}  // namespace api_run_test

#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_monitor_secret_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json with_header(const std::string& value) { return {{"url", "https://example.com/"}, {"headers", {{"X-Key", value}}}}; }

// A monitor with the secret KEY, which its spec names.
Json monitor_document(const std::string& site) {
    return {{"site_id", site}, {"name", "m"}, {"spec", with_header("{{secrets.KEY}}")}, {"secrets", {{"KEY", "hunter22"}}}};
}

std::string stored(const std::string& id, const std::string& column) {
    return stand().pool().transact([&](db::Tx& tx) {
        const auto rows = tx.run_text("select coalesce(" + column + "::text, 'null') from monitor where id = $1", {*MonitorId::parse(id)});
        return std::string(rows[0].text(0));
    });
}

}  // namespace

TEST_CASE("secrets are taken, kept sealed, and never told") {
    const auto answer = stand().admin().post("/v1/monitors", monitor_document(stand().make_site()));
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    const auto id = answer.json()["id"].get<std::string>();
    CHECK(answer.json()["secrets"] == Json{{"KEY", nullptr}});
    CHECK(answer.json()["spec"]["headers"]["X-Key"] == "{{secrets.KEY}}");
    const auto read = stand().viewer().get("/v1/monitors/" + id);
    CHECK(read.json()["secrets"] == Json{{"KEY", nullptr}});
    const auto list = stand().viewer().get("/v1/monitors?limit=500");
    for (const auto& body : {answer.body, read.body, list.body, stored(id, "spec"), stored(id, "encode(secrets, 'escape')")})
        CHECK(body.find("hunter22") == std::string::npos);
    CHECK(stored(id, "secrets") != "null");
    CHECK(stored(id, "secret_names") == "{KEY}");
}

TEST_CASE("a patch of secrets merges: null removes one, a value sets one, each is a new version") {
    const auto id = stand().admin().post("/v1/monitors", monitor_document(stand().make_site())).json()["id"].get<std::string>();
    const auto path = "/v1/monitors/" + id;
    auto answer = stand().admin().patch(path, {{"secrets", {{"OTHER", "abc"}}}});
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    CHECK(answer.json()["secrets"] == Json{{"KEY", nullptr}, {"OTHER", nullptr}});
    CHECK(answer.json()["version"] == 2);
    answer = stand().admin().patch(path, {{"secrets", {{"OTHER", "abc"}}}});
    CHECK(answer.json()["version"] == 2);  // it is so already
    answer = stand().admin().patch(path, {{"name", "renamed"}});
    CHECK(answer.json()["secrets"].size() == 2);
    answer = stand().admin().patch(path, {{"secrets", {{"OTHER", nullptr}, {"NEVER", nullptr}}}});
    CHECK(answer.json()["secrets"] == Json{{"KEY", nullptr}});
    answer = stand().admin().patch(path, {{"secrets", {{"KEY", nullptr}}}});
    CHECK(answer.status == 422);
    CHECK(answer.errors() == "/spec/headers/X-Key: names the secret KEY, which is not there\n");
    answer = stand().admin().patch(path, {{"secrets", {{"KEY", nullptr}}}, {"spec", {{"headers", {{"X-Key", "plain"}}}}}});
    CHECK(answer.status == 200);
    CHECK(answer.json()["secrets"] == Json::object());
    CHECK(stored(id, "secrets") == "null");
}

TEST_CASE("a PUT without secrets keeps them; with, it says all there are to be, and a null keeps one") {
    const auto site = stand().make_site();
    auto document = monitor_document(site);
    document["secrets"]["OTHER"] = "abc";
    const auto path = "/v1/monitors/" + stand().admin().post("/v1/monitors", document).json()["id"].get<std::string>();
    document.erase("secrets");
    auto answer = stand().admin().put(path, document);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    CHECK(answer.json()["version"] == 1);
    document["secrets"] = answer.json()["secrets"];  // as it was sent to us
    CHECK(stand().admin().put(path, document).json()["version"] == 1);
    document["secrets"] = {{"KEY", nullptr}};
    answer = stand().admin().put(path, document);
    CHECK(answer.json()["version"] == 2);
    CHECK(answer.json()["secrets"] == Json{{"KEY", nullptr}});
    document["secrets"] = {{"KEY", nullptr}, {"NEW", nullptr}};
    CHECK(stand().admin().put(path, document).errors() == "/secrets/NEW: must be a string: there is no value yet\n");
}

TEST_CASE("a spec is validated with the secrets in their places, and told without them") {
    const auto site = stand().make_site();
    auto document = monitor_document(site);
    document["spec"] = {{"url", "{{secrets.KEY}}"}};
    auto answer = stand().admin().post("/v1/monitors", document);
    CHECK(answer.status == 422);
    CHECK(answer.errors().find("/spec/url: ") == 0);
    CHECK(answer.body.find("hunter22") == std::string::npos);
    document["secrets"]["KEY"] = "https://example.com/hunter22";
    answer = stand().admin().post("/v1/monitors", document);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    CHECK(answer.json()["spec"]["url"] == "{{secrets.KEY}}");
    CHECK(answer.json()["spec"]["method"] == "GET");  // canonical all the same
    // A new value must fit the spec that is there.
    const auto path = "/v1/monitors/" + answer.json()["id"].get<std::string>();
    answer = stand().admin().patch(path, {{"secrets", {{"KEY", "no address"}}}});
    CHECK(answer.status == 422);
    CHECK(answer.errors().find("/spec/url: ") == 0);
    CHECK(stand().viewer().get(path).json()["spec"]["url"] == "{{secrets.KEY}}");
}

TEST_CASE("secrets that cannot be are refused, each at its place") {
    const auto site = stand().make_site();
    auto document = monitor_document(site);
    document["secrets"]["a-b"] = "x";
    document["secrets"]["EMPTY"] = "";
    document["secrets"]["NUMBER"] = 5;
    document["secrets"]["NULL"] = nullptr;
    document["secrets"]["LONG"] = std::string(8193, 'x');
    const auto answer = stand().admin().post("/v1/monitors", document);
    CHECK(answer.status == 422);
    CHECK(answer.errors() ==
          "/secrets/a-b: is not the name of a secret: 1 to 64 of A-Z, a-z, 0-9 and _\n"
          "/secrets/EMPTY: must be a string of 1 to 8192 bytes\n"
          "/secrets/NUMBER: must be a string or null\n"
          "/secrets/NULL: must be a string: there is no value yet\n"
          "/secrets/LONG: must be a string of 1 to 8192 bytes\n");
    document["secrets"] = Json::object();
    for (int i = 0; i < 21; ++i) document["secrets"]["N" + std::to_string(i)] = "x";
    CHECK(stand().admin().post("/v1/monitors", document).errors().find("/secrets: must be at most 20\n") == 0);
}

TEST_CASE("what jobs carry follows every change of the spec, and is the spec itself where that names secrets") {
    const auto site = stand().make_site();
    const auto made = stand().admin().post("/v1/monitors", {{"site_id", site}, {"name", "m"}, {"spec", {{"url", "https://a.example/"}}}});
    const auto id = made.json()["id"].get<std::string>();
    const auto path = "/v1/monitors/" + id;
    CHECK(stored(id, "job_spec") == R"({"url":"https://a.example/"})");
    CHECK(made.json()["spec"]["max_redirects"] == 10);  // told whole
    REQUIRE(stand().admin().patch(path, {{"spec", {{"max_redirects", 3}}}}).status == 200);
    CHECK(stored(id, "job_spec") == R"({"url":"https://a.example/","max_redirects":3})");
    REQUIRE(stand().admin().patch(path, {{"spec", with_header("{{secrets.KEY}}")}, {"secrets", {{"KEY", "hunter22"}}}}).status == 200);
    CHECK(stored(id, "job_spec") == "null");
    REQUIRE(stand().admin().patch(path, {{"spec", {{"headers", nullptr}, {"url", "https://b.example/"}}}, {"secrets", {{"KEY", nullptr}}}}).status == 200);
    CHECK(stored(id, "job_spec") == R"({"url":"https://b.example/","max_redirects":3})");
}

TEST_CASE("an operator may not set secrets") {
    const auto id = stand().admin().post("/v1/monitors", monitor_document(stand().make_site())).json()["id"].get<std::string>();
    CHECK(stand().operate().patch("/v1/monitors/" + id, {{"secrets", {{"KEY", "x"}}}}).status == 403);
}

TEST_CASE("monitors of sites made in bulk have secrets too") {
    const auto answer = stand().admin().post(
        "/v1/sites/bulk",
        {{"items", {{{"name", "bulk"}, {"monitors", {{{"name", "m"}, {"spec", with_header("{{secrets.KEY}}")}, {"secrets", {{"KEY", "hunter22"}}}}}}}}}});
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    const auto id = answer.json()["items"][0]["monitors"][0]["id"].get<std::string>();
    CHECK(stand().viewer().get("/v1/monitors/" + id).json()["secrets"] == Json{{"KEY", nullptr}});
}

TEST_CASE("a run of a spec that is not saved brings its own secrets") {
    Json run{{"spec", with_header("{{secrets.KEY}}")}, {"regions", {"eu"}}};
    CHECK(stand().operate().post("/v1/check", run).errors() == "/spec/headers/X-Key: names the secret KEY, which is not there\n");
    run["secrets"] = {{"KEY", "hunter22"}};
    CHECK(stand().operate().post("/v1/check", run).status == 200);
    run["secrets"] = {{"KEY", nullptr}};
    CHECK(stand().operate().post("/v1/check", run).errors().starts_with("/secrets/KEY: must be a string: there is no value yet\n"));
}

}  // namespace api_monitor_secret_test

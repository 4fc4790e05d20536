// Whatever is wrong with a body is a 4xx problem that says where.
#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_body_test {

using namespace sonde;
using namespace sonde::test;

namespace {

Json monitor_with(const std::string& url) { return {{"site_id", stand().make_site()}, {"name", "m"}, {"spec", {{"url", url}}}}; }

}  // namespace

TEST_CASE("bodies that cannot be read are refused with 400") {
    const auto& api = stand().admin();
    const auto refused = [&api](const std::string& body) {
        const auto answer = api.send("POST", "/v1/sites", body);
        CHECK(answer.status == 400);
        return answer.errors();
    };
    CHECK(refused("{") == ": is not valid JSON near byte 2\n");
    CHECK(refused("{\"name\":\"a\",}").starts_with(": is not valid JSON"));
    CHECK(refused("{\"name\":\"a\",\"name\":\"b\"}") == ": has the key \"name\" twice in one object\n");
    CHECK(refused(std::string(1000, '[') + std::string(1000, ']')) == ": is nested deeper than 32 levels\n");
    CHECK(refused(std::string(500'000, '[')).starts_with(": "));
    CHECK(refused("{\"name\":\"\xff\xfe\"}").starts_with(": is not valid JSON"));
    CHECK(refused("{\"name\": 1e999}") == ": has a number out of range\n");
    CHECK(refused("") == ": must be a JSON document\n");
}

TEST_CASE("bodies of the wrong type and fields of the wrong kind are refused with 422") {
    const auto& api = stand().admin();
    const auto refused = [&api](const std::string& method, const std::string& path, const std::string& body) {
        const auto answer = api.send(method, path, body);
        CHECK(answer.status == 422);
        return answer.errors();
    };
    CHECK(refused("POST", "/v1/sites", "[]") == ": must be an object\n");
    CHECK(refused("POST", "/v1/sites", "null") == ": must be an object\n");
    CHECK(refused("POST", "/v1/sites", "\"x\"") == ": must be an object\n");
    CHECK(refused("POST", "/v1/sites", "{}") == ": the field \"name\" is required\n");
    CHECK(refused("POST", "/v1/sites", R"({"name":null})") == "/name: must be a string\n");
    CHECK(refused("POST", "/v1/sites", R"({"name":"a","id":"b","naem":1})") ==
          "/id: is set by the server and cannot be given\n/naem: is not a field of this object\n");
    CHECK(refused("POST", "/v1/sites", R"({"name":"a\u0000b"})") == "/name: must not contain control characters\n");
    CHECK(refused("POST", "/v1/sites", R"({"name":")" + std::string(201, 'x') + "\"}") ==
          "/name: must be a string of 1 to 200 bytes\n");
    CHECK(refused("PATCH", "/v1/sites/" + stand().make_site(), "[1]") == ": must be an object\n");
    CHECK(refused("PATCH", "/v1/sites/" + stand().make_site(), R"({"name":null})") == ": the field \"name\" is required\n");
    CHECK(refused("POST", "/v1/regions", R"({"name":"Not A Region"})") ==
          "/name: must be a-z, 0-9 and -, beginning with a letter\n");
}

TEST_CASE("hostile URLs are refused where they stand, with 422") {
    const auto& api = stand().admin();
    for (const auto* url : {"ftp://example.com/",
                            "file:///etc/passwd",
                            "gopher://example.com/",
                            "javascript:alert(1)",
                            "//example.com/",
                            "/relative",
                            "",
                            "http://",
                            "http:///path",
                            "http://user:secret@example.com/",
                            "http://user@example.com/",
                            "http://example.com:0/",
                            "http://example.com:65536/",
                            "http://exa mple.com/",
                            "http://example.com/\n",
                            "http://example.com/\r\nHost: evil",
                            "http://example.com/\x01",
                            "http://example.com/#part",
                            "http://[::1/",
                            "http://example.com\\@evil.example/"}) {
        CAPTURE(url);
        const auto answer = api.post("/v1/monitors", monitor_with(url));
        CHECK(answer.status == 422);
        CHECK(answer.errors().starts_with("/spec/url: "));
        const auto channel = api.post("/v1/channels", {{"kind", "webhook"}, {"name", "c"}, {"config", {{"url", url}}}});
        CHECK(channel.status == 422);
        CHECK(channel.errors().starts_with("/config/url: "));
    }
    const auto longest = "https://example.com/" + std::string(2048 - 20, 'a');
    CHECK(api.post("/v1/monitors", monitor_with(longest)).status == 201);
    CHECK(api.post("/v1/monitors", monitor_with(longest + "a")).errors() == "/spec/url: must be a string of 1 to 2048 bytes\n");
    CHECK(api.post("/v1/sites", {{"name", "s"}, {"base_url", "http://user:pw@example.com"}}).errors() ==
          "/base_url: must not contain credentials\n");
    const auto answer = api.post("/v1/monitors", monitor_with("http://user:secret@example.com/"));
    CHECK(answer.body.find("secret") == std::string::npos);
}

TEST_CASE("other media types are refused with 415, and PATCH takes a merge patch") {
    const auto& api = stand().admin();
    const auto path = "/v1/sites/" + stand().make_site();
    CHECK(api.send("POST", "/v1/sites", "name=a", {"Content-Type: application/x-www-form-urlencoded"}).status == 415);
    CHECK(api.send("POST", "/v1/sites", R"({"name":"a"})", {"Content-Type: application/merge-patch+json"}).status == 415);
    CHECK(api.send("POST", "/v1/sites", R"({"name":"a"})", {"Content-Type: Application/JSON; charset=utf-8"}).status == 201);
    CHECK(api.send("PATCH", path, R"({"name":"b"})", {"Content-Type: application/merge-patch+json"}).status == 200);
    CHECK(api.send("PATCH", path, R"([{"op":"remove","path":"/name"}])", {"Content-Type: application/json-patch+json"}).status ==
          415);
}

TEST_CASE("a body has a bound of its own for each operation") {
    const auto& api = stand().admin();
    const auto large = R"({"name":"a","owner_note":")" + std::string(2 << 20, 'x') + "\"}";
    CHECK(api.send("POST", "/v1/sites", large).status == 413);
    CHECK(stand().nobody().send("POST", "/v1/sites", large).status == 413);  // before it is known whose it is
    CHECK(api.send("POST", "/v1/sites/bulk", "{\"items\":[" + large + "]}").status == 422);
}

TEST_CASE("paths and methods that are not there are told as such") {
    const auto& api = stand().admin();
    CHECK(api.get("/v1/nothing").status == 404);
    CHECK(api.get("/v1/sites/nonsense").status == 404);
    CHECK(api.get("/v1/sites/mon_00000000000k1").status == 404);
    CHECK(api.get("/v1/sites/" + SiteId{1}.text()).status == 404);
    const auto wrong = api.del("/v1/sites");
    CHECK(wrong.status == 405);
    CHECK(wrong.header("allow").find("POST") != std::string::npos);
    const auto options = stand().nobody().send("OPTIONS", "/v1/sites");
    CHECK(options.status == 204);
    CHECK(options.header("allow").find("GET") != std::string::npos);
}

TEST_CASE("very many mistakes are cut off, and counted") {
    Json items = Json::array();
    for (int i = 0; i < 500; ++i) items.push_back({{"name", ""}});
    const auto answer = stand().admin().post("/v1/sites/bulk", {{"items", items}});
    CHECK(answer.status == 422);
    CHECK(answer.json()["errors"].size() == 100);
    CHECK(answer.json()["detail"] == "500 mistakes, of which these are the first 100");
}

TEST_CASE("a patch may not name a field that there is not, even to remove it") {
    const auto site = stand().make_site();
    const auto monitor = stand().make_monitor(site);
    const auto errors = [](const std::string& path, const Json& patch) { return stand().admin().patch(path, patch).errors(); };
    CHECK(errors("/v1/sites/" + site, {{"no_such", nullptr}}).starts_with("/no_such: "));
    CHECK(errors("/v1/monitors/" + monitor, {{"policy", {{"no_such", nullptr}}}}).starts_with("/policy/no_such: "));
    CHECK(errors("/v1/monitors/" + monitor, {{"policy", {{"flapping", {{"no_such", nullptr}}}}}}).starts_with("/policy/flapping/no_such: "));
    for (const auto* patch : {R"({"severity": null})", R"({"policy": {"quorum": null}})", R"({"spec": {"headers": {"X-Gone": null}}})", R"({"timeout_ms": null})"}) {
        const auto answer = stand().admin().patch("/v1/monitors/" + monitor, *json::parse(patch, {.bytes = 200, .depth = 8}));
        CHECK_MESSAGE(answer.status == 200, answer.body);
    }
}

}  // namespace api_body_test

#include <doctest/doctest.h>

#include "tests/integration/controlplane/api_stand.h"

namespace api_access_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("an operator may pause and resume a monitor, and change nothing else of it") {
    const auto monitor = "/v1/monitors/" + stand().make_monitor(stand().make_site());
    CHECK(stand().operate().patch(monitor, {{"paused", true}}).json()["paused"] == true);
    CHECK(stand().operate().patch(monitor, {{"paused", false}}).json()["paused"] == false);
    CHECK(stand().operate().patch(monitor, {{"paused", true}, {"name", "mine"}}).status == 403);
    CHECK(stand().operate().patch(monitor, {{"enabled", false}}).status == 403);
    CHECK(stand().operate().patch(monitor, Json::object()).status == 403);
    CHECK(stand().viewer().patch(monitor, {{"paused", true}}).status == 403);
}

TEST_CASE("authorizations of other schemes and malformed ones are refused") {
    const auto& api = stand().nobody();
    for (const auto* header : {"Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "Bearer \"x\"", "sonde_x", "BearerX sonde_x"}) {
        CAPTURE(header);
        CHECK(api.get("/v1/sites", {std::string("Authorization: ") + header}).status == 401);
    }
    CHECK(api.get("/v1/sites", {"Authorization: Bearer " + std::string(5000, 'x')}).status == 401);
}

TEST_CASE("the welcome, the document and its page need no token") {
    const auto& nobody = stand().nobody();
    CHECK(nobody.get("/").json()["docs"] == "/docs");
    CHECK(nobody.get("/openapi.json").json()["openapi"] == "3.1.0");
    const auto page = nobody.get("/docs");
    CHECK(page.header("content-type") == "text/html; charset=utf-8");
    CHECK(page.body.starts_with("<!doctype html>"));
    CHECK(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
}

TEST_CASE("the document and its page are sent packed to who takes that, and not again to who has them") {
    const auto& nobody = stand().nobody();
    for (const auto* path : {"/openapi.json", "/docs"}) {
        CAPTURE(path);
        const auto plain = nobody.get(path);
        const auto packed = nobody.send("GET", path, "", {"Accept-Encoding: br, gzip"});
        CHECK(plain.header("content-encoding").empty());
        CHECK(packed.header("content-encoding") == "gzip");
        CHECK(packed.body.starts_with("\x1f\x8b"));
        CHECK(packed.body.size() * 4 < plain.body.size());
        CHECK(plain.header("vary") == "Accept-Encoding");
        CHECK(plain.header("etag") != packed.header("etag"));
        for (const auto& tag : {plain.header("etag"), packed.header("etag")}) {
            const auto known = nobody.send("GET", path, "", {"If-None-Match: " + tag});
            CHECK(known.status == 304);
            CHECK(known.body.empty());
        }
        CHECK(nobody.send("GET", path, "", {"If-None-Match: \"other\""}).status == 200);
        CHECK(nobody.send("HEAD", path).header("etag") == plain.header("etag"));
        CHECK(nobody.send("POST", path, "{}", {"Content-Type: application/json"}).status == 405);
    }
}

}  // namespace api_access_test

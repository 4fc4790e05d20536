#include <doctest/doctest.h>

#include "controlplane/api/api.h"
#include "lib/crypto/crypto.h"
#include "tests/integration/controlplane/api_stand.h"

using namespace sonde;
using namespace sonde::test;

namespace {

std::string method_name(http::Method method) {
    switch (method) {
        case http::Method::get:
            return "GET";
        case http::Method::post:
            return "POST";
        case http::Method::put:
            return "PUT";
        case http::Method::patch:
            return "PATCH";
        default:
            return "DELETE";
    }
}

// A path of the pattern that names nothing, so that no call of the matrix changes anything.
std::string path_of(std::string_view pattern) {
    std::string path;
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        path += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        pattern.remove_prefix(open);
        path += "nothing";
        pattern.remove_prefix(pattern.find('}') + 1);
    }
    return path;
}

}  // namespace

TEST_CASE("every operation answers every role as its table says") {
    for (const auto& endpoint : controlplane::endpoints()) {
        const auto method = method_name(endpoint.method);
        // A parameter or a body that is valid nowhere: whoever may call gets as far as its validation. What is listened to would have no end else.
        const auto path = path_of(endpoint.pattern) + (method == "GET" ? "?nothing=here" : "");
        const std::string body = method == "GET" || method == "DELETE" ? "" : "[]";
        CAPTURE(method);
        CAPTURE(path);
        const auto none = stand().nobody().send(method, path, body);
        CHECK(none.status == 401);
        CHECK(none.header("www-authenticate") == "Bearer realm=\"sonde\"");
        const auto unknown = stand().with_token("sonde_unknown").send(method, path, body);
        CHECK(unknown.status == 401);
        CHECK(unknown.header("www-authenticate").find("invalid_token") != std::string::npos);
        const std::pair<const Client*, controlplane::Role> callers[] = {{&stand().viewer(), controlplane::Role::viewer},
                                                                        {&stand().operate(), controlplane::Role::operate},
                                                                        {&stand().admin(), controlplane::Role::admin}};
        for (const auto& [client, role] : callers) {
            CAPTURE(name_of(role));
            const auto status = client->send(method, path, body).status;
            CHECK((status == 403) == (role < endpoint.role));
            CHECK(status != 401);
            CHECK(status < 500);
        }
    }
}

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

TEST_CASE("a token works as soon as it is there, tells when it was used, and stops soon after it was revoked") {
    const auto token = crypto::random_token("sonde_");
    const auto client = stand().with_token(token.reveal());
    CHECK(client.get("/v1/sites").status == 401);
    const auto id = new_id<TokenId>();
    stand().run("insert into api_token (id, name, hash, role) values ($1, 'brief', $2, 'viewer')",
                {id, db::Param::bytes(crypto::sha256(token.reveal()))});
    CHECK(client.send("GET", "/v1/sites", "", {}).status == 200);
    const auto used = stand().pool().transact([&](db::Tx& tx) {
        return tx.run_text("select last_used_at is not null from api_token where id = $1", {id})[0].boolean(0);
    });
    CHECK(used);
    stand().run("update api_token set revoked_at = now() where id = $1", {id});
    CHECK(eventually([&] { return client.get("/v1/sites").status == 401; }, 6000));
}

TEST_CASE("the welcome and the document need no token") {
    CHECK(stand().nobody().get("/").json()["docs"] == "/openapi.json");
    const auto document = stand().nobody().get("/openapi.json").json();
    CHECK(document["openapi"] == "3.1.0");
}

// Every operation of the table, asked for by everybody there can be.
#include <doctest/doctest.h>

#include "controlplane/access/reach.h"
#include "controlplane/api/api.h"
#include "tests/integration/controlplane/api_world.h"

namespace api_matrix_test {

using namespace sonde;
using namespace sonde::test;
using controlplane::Endpoint;
using controlplane::Permission;

namespace {

std::string method_of(const Endpoint& endpoint) { return std::string(name_of(endpoint.method)); }
bool is_get(const Endpoint& endpoint) { return endpoint.method == http::Method::get; }
// Programs have no account: what is for whoever has logged in, the tests of logging in ask for.
bool is_for_people(const Endpoint& endpoint) { return endpoint.permission == Permission::account_own; }

// Valid nowhere and about nothing, so that nothing is changed: whoever may call gets as far as its validation.
Answer knock(const Client& client, const Endpoint& endpoint) {
    std::string path(endpoint.pattern);
    while (path.find('{') != std::string::npos) path.replace(path.find('{'), path.find('}') - path.find('{') + 1, "nothing");
    const bool body = !is_get(endpoint) && endpoint.method != http::Method::del;
    return client.send(method_of(endpoint), path + (is_get(endpoint) ? "?nothing=here" : ""), body ? "[]" : "");
}

Json make_client(const Json& body) {
    const auto answer = stand().admin().post("/v1/clients", body);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json();
}

Client with_secret(const Json& client) { return stand().with_token(client["secret"]); }

// A body that is as good as any for what is found by its path.
std::string body_for(const Endpoint& endpoint) {
    if (is_get(endpoint) || endpoint.method == http::Method::del) return "";
    const auto ends = [&](std::string_view end) { return endpoint.pattern.ends_with(end); };
    if (ends("/regions/{region}")) return R"({"vote": "count"})";
    if (ends("/comment")) return R"({"comment": "x"})";
    if (ends("/assign")) return R"({"to": "bob"})";
    if (ends("/severity")) return R"({"severity": "minor"})";
    if (ends("/updates") || ends("/updates/{number}")) return R"({"status": "identified", "text": "x"})";
    if (ends("/postmortem")) return R"({"text": "x"})";
    if (ends("/extend")) return R"({"until": "2999-01-01T00:00:00Z"})";
    if (endpoint.pattern == "/v1/incidents/{incident_id}") return R"({"title": "x"})";
    return "{}";
}

// A pattern whose things belong to a site.
bool is_below_a_site(const Endpoint& endpoint) {
    for (const auto* parameter : {"{site_id}", "{monitor_id}", "{group_id}", "{dependency_id}", "{window_id}", "{incident_id}", "{advisory_id}"}) {
        if (endpoint.pattern.find(parameter) != std::string_view::npos) return true;
    }
    return false;
}

std::string without(std::string text, const std::vector<std::string>& ids) {
    for (const auto& id : ids) {
        for (auto at = text.find(id); at != std::string::npos; at = text.find(id)) text.replace(at, id.size(), "…");
    }
    return text;
}

}  // namespace

TEST_CASE("every operation answers every role as its table says, and nobody without a good secret") {
    const auto expired = make_client({{"name", "expired"}, {"role", "admin"}, {"expires_at", "2999-01-01T00:00:00Z"}});
    const auto revoked = make_client({{"name", "revoked"}, {"role", "admin"}});
    stand().run("update api_client set expires_at = now() - interval '1 second' where id = $1", {*ClientId::parse(expired["id"].get<std::string>())});
    REQUIRE(stand().admin().post("/v1/clients/" + revoked["id"].get<std::string>() + "/revoke", Json::object()).status == 200);
    const Client strangers[] = {with_secret(expired), with_secret(revoked), stand().with_token("sonde_unknown"),
                                stand().with_token(revoked["secret"].get<std::string>() + "x")};
    const std::pair<const Client*, controlplane::Role> callers[] = {{&stand().viewer(), controlplane::Role::viewer},
                                                                    {&stand().operate(), controlplane::Role::operate},
                                                                    {&stand().admin(), controlplane::Role::admin}};
    for (const auto& endpoint : controlplane::endpoints()) {
        CAPTURE(method_of(endpoint));
        CAPTURE(endpoint.pattern);
        const auto none = knock(stand().nobody(), endpoint);
        CHECK(none.status == 401);
        CHECK(none.header("www-authenticate") == "Bearer realm=\"sonde\"");
        std::string said;
        for (const auto& stranger : strangers) {
            const auto answer = knock(stranger, endpoint);
            CHECK(answer.status == 401);
            CHECK(answer.header("www-authenticate").find("invalid_token") != std::string::npos);
            if (said.empty()) said = answer.body;
            CHECK_MESSAGE(answer.body == said, "it can be told which secrets there are or were");
        }
        if (is_for_people(endpoint)) continue;
        for (const auto& [client, role] : callers) {
            CAPTURE(name_of(role));
            const auto status = knock(*client, endpoint).status;
            CHECK((status == 403) == !permissions_of(role).has(endpoint.permission));
            CHECK(status != 401);
            CHECK(status < 500);
        }
    }
}

TEST_CASE("each permission opens the operations that need it, and no other") {
    for (const auto key : EnumNames<Permission>::names) {
        const auto client = with_secret(make_client({{"name", std::string(key)}, {"role", "admin"}, {"scopes", Json::array({key})}}));
        for (const auto& endpoint : controlplane::endpoints()) {
            if (is_for_people(endpoint)) continue;
            CAPTURE(key);
            CAPTURE(method_of(endpoint));
            CAPTURE(endpoint.pattern);
            CHECK((knock(client, endpoint).status == 403) == (name_of(endpoint.permission) != key));
        }
    }
}

TEST_CASE("what is outside of a restriction answers, to every operation, as what is not there") {
    const World inside("INSIDE", {"theirs"});
    const World outside("OUTSIDE", {"others"});
    World nowhere = outside;
    for (auto* id : {&nowhere.site, &nowhere.monitor, &nowhere.group, &nowhere.dependency, &nowhere.window, &nowhere.incident, &nowhere.advisory}) {
        *id = id_text::encode(id->substr(0, 3), new_id_value());
    }
    const Client callers[] = {
        with_secret(make_client({{"name", "by site"}, {"role", "admin"}, {"restriction", {{"sites", {inside.site}}}}})),
        with_secret(make_client({{"name", "by tag"}, {"role", "admin"}, {"restriction", {{"tags", {"theirs"}}}}}))};
    for (const auto& caller : callers) {
        for (const auto& endpoint : controlplane::endpoints()) {
            CAPTURE(method_of(endpoint));
            CAPTURE(endpoint.pattern);
            const auto ask = [&](const World& world) { return caller.send(method_of(endpoint), world.path(endpoint.pattern), body_for(endpoint)); };
            if (!is_about_sites(endpoint)) {
                CHECK(ask(inside).status == 403);
                continue;
            }
            if (endpoint.pattern == "/v1/events") continue;  // has no end, and a test of its own
            if (is_below_a_site(endpoint)) {
                const auto hidden = ask(outside);
                const auto missing = ask(nowhere);
                CHECK(hidden.status == missing.status);
                CHECK(hidden.status >= 400);
                CHECK(without(hidden.body, outside.ids()) == without(missing.body, nowhere.ids()));
            }
            if (!is_get(endpoint)) continue;
            const auto seen = ask(inside);
            CHECK(seen.status < 500);
            CHECK(seen.body.find("OUTSIDE") == std::string::npos);
            for (const auto& id : outside.ids()) CHECK(seen.body.find(id) == std::string::npos);
        }
        // Nothing of the others has changed, and what is theirs is all there.
        for (const auto& [path, id] : {std::pair{"/v1/sites", inside.site}, {"/v1/monitors", inside.monitor}, {"/v1/groups", inside.group},
                                       {"/v1/dependencies", inside.dependency}, {"/v1/maintenance", inside.window}, {"/v1/incidents", inside.incident},
                                       {"/v1/advisories", inside.advisory}, {"/v1/suppressions", inside.monitor}}) {
            CAPTURE(path);
            CHECK(caller.get(path).body.find(id) != std::string::npos);
        }
        CHECK(stand().admin().get("/v1/sites/" + outside.site).json()["version"] == 1);
        CHECK(stand().admin().get("/v1/monitors/" + outside.monitor).json()["version"] == 1);
    }
}

}  // namespace api_matrix_test

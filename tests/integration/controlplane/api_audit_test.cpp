// Who did what: every operation that writes leaves its entry, and so does everyone that is refused.
#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <set>

#include "controlplane/api/api.h"
#include "lib/account/user_id.h"
#include "lib/admission/id.h"
#include "lib/base/status_page_id.h"
#include "lib/channel/subscriber_link.h"
#include "tests/integration/controlplane/api_world.h"
#include "tests/integration/controlplane/fake_engine.h"

namespace api_audit_test {

using namespace sonde;
using namespace sonde::test;

namespace {

std::string made(const std::string& path, const Json& body) {
    const auto answer = stand().admin().post(path, body);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    const auto document = answer.json();
    return document.contains("id") ? document["id"].get<std::string>() : document["name"].get<std::string>();
}

std::string number() {
    static int last = 0;
    return std::to_string(++last);
}

// What each operation is asked for, beside what is in the world: the body, and the path where something else is to be written to.
struct Asked {
    std::string body = "{}";
    std::function<std::string()> path{};
};

std::map<std::string, Asked> questions(const World& world) {
    const auto site = [] { return "/v1/sites/" + stand().make_site("audited"); };
    const auto monitor = [] { return "/v1/monitors/" + stand().make_monitor(stand().make_site("audited")); };
    const auto region = [] { return "/v1/regions/" + made("/v1/regions", {{"name", "audited" + number()}}); };
    const auto channel = [] { return "/v1/channels/" + made("/v1/channels", {{"kind", "webhook"}, {"name", "audited"}, {"config", {{"url", "https://h.example/"}}}}); };
    const auto route = [] { return "/v1/routes/" + made("/v1/routes", {{"name", "audited"}, {"channels", Json::array()}}); };
    const auto override_of = [] { return Json{{"site_id", stand().make_site("audited")}}; };
    const auto escalation = [] { return "/v1/escalations/" + made("/v1/escalations", {{"name", "audited"}, {"steps", {{{"after_ms", 0}}}}}); };
    const auto schedule = [] { return "/v1/schedules/" + made("/v1/schedules", {{"name", "audited"}}); };
    const auto on_duty = made("/v1/users", {{"name", "audited.on.duty"}});
    const Json takes_over{{"user_id", on_duty}, {"from", "2026-01-01T00:00:00Z"}, {"to", "2026-01-02T00:00:00Z"}};
    const auto schedule_override = [takes_over, schedule] {
        const auto of = schedule() + "/overrides";
        return of + "/" + made(of, takes_over);
    };
    const auto override_made = [override_of] { return "/v1/route-overrides/" + made("/v1/route-overrides", override_of()); };
    const auto overridden = stand().make_site("audited");
    const auto put_override = [overridden] {
        const auto there = stand().admin().get("/v1/route-overrides?site_id=" + overridden).json()["items"];
        return "/v1/route-overrides/" + (there.empty() ? made("/v1/route-overrides", {{"site_id", overridden}}) : there[0]["id"].get<std::string>());
    };
    const auto drill_of = [channel] {
        const auto to = channel();
        const auto drilled = made("/v1/monitors", {{"site_id", stand().make_site("audited")}, {"name", "drill"}, {"kind", "drill"}, {"spec", Json::object()}});
        return Json{{"name", "audited"}, {"monitor_id", drilled}, {"channel_id", to.substr(to.rfind('/') + 1)}, {"schedule", "@weekly"}};
    };
    const auto drill = [drill_of] { return "/v1/drills/" + made("/v1/drills", drill_of()); };
    const auto status_page = [] { return "/v1/status-pages/" + made("/v1/status-pages", {{"slug", "audited-" + number()}, {"title", "t"}, {"access", "token"}}); };
    const auto subscriber = [status_page] {
        const auto of = status_page();
        const auto id = new_id<SubscriberId>();
        const auto sealed = stand().box().seal(Secret(R"({"address": "ann@example.org"})"), channel::subscriber_context(id));
        stand().run("insert into subscriber (id, page_id, kind, sealed, digest, components, language) values ($1, $2, 'email', $3, $3, '{}', 'en')",
                    {id, *StatusPageId::parse(of.substr(of.rfind('/') + 1)), db::Param::bytes(sealed)});
        return of + "/subscribers/" + id.text();
    };
    const auto role = [] { return "/v1/roles/" + made("/v1/roles", {{"name", "audited" + number()}, {"permissions", Json::array()}}); };
    const auto client = [] { return "/v1/clients/" + made("/v1/clients", {{"name", "audited"}, {"role", "viewer"}}); };
    const auto user = [] { return "/v1/users/" + made("/v1/users", {{"name", "audited" + number()}}); };
    const auto agent = [] {
        const auto id = new_id<AgentId>();
        stand().run("insert into agent (id, region, name, public_key, joined_at) select $1, name, 'audited' || $2, 'U' || $2, now() from region limit 1",
                    {id, number()});
        return "/v1/agents/" + id.text();
    };
    const auto under_way = [&world] {
        return "/v1/maintenance/" + made("/v1/maintenance", {{"title", "w"}, {"starts_at", to_rfc3339(wall_now() - std::chrono::minutes{5})},
                                                             {"ends_at", to_rfc3339(wall_now() + std::chrono::hours{1})}, {"targets", {{"sites", {world.site}}}}});
    };
    const auto update = R"({"status": "identified", "text": "x"})";
    const auto window = R"({"title": "w", "starts_at": "2990-01-01T00:00:00Z", "ends_at": "2990-01-02T00:00:00Z", "targets": {"sites": [")" + world.site + R"("]}})";
    const auto group = R"({"site_id": ")" + world.site + R"(", "name": "g", "needed": 1, "members": [")" + world.monitor + R"("]})";
    const auto parent = R"({"child": {"kind": "site", "id": ")" + stand().make_site("child") + R"("}, "parent": {"kind": "monitor", "id": ")" + world.monitor + R"("}})";
    const auto again = R"({"child": {"kind": "monitor", "id": ")" + world.heartbeat + R"("}, "parent": {"kind": "monitor", "id": ")" + world.monitor +
                       R"("}, "note": "n"})";
    const auto spec = R"({"site_id": ")" + world.site + R"(", "name": "m", "spec": {"url": "https://example.com/"}})";
    return {
        {"POST /v1/sites", {R"({"name": "s"})"}},
        {"POST /v1/sites/bulk", {R"({"items": [{"name": "s"}]})"}},
        {"PUT /v1/sites/{site_id}", {R"({"name": "s"})", site}},
        {"PATCH /v1/sites/{site_id}", {R"({"name": "s"})", site}},
        {"DELETE /v1/sites/{site_id}", {"", site}},
        {"PUT /v1/sites/{site_id}/regions/{region}", {R"({"vote": "exclude"})"}},
        {"POST /v1/monitors", {spec}},
        {"PUT /v1/monitors/{monitor_id}", {spec}},
        {"PATCH /v1/monitors/{monitor_id}", {R"({"paused": true})"}},
        {"DELETE /v1/monitors/{monitor_id}", {"", monitor}},
        {"POST /v1/monitors/{monitor_id}/rotate_ping_token", {"", [&world] { return "/v1/monitors/" + world.heartbeat + "/rotate_ping_token"; }}},
        {"PUT /v1/monitors/{monitor_id}/regions/{region}", {R"({"vote": "exclude"})", [monitor] { return monitor() + "/regions/us"; }}},
        {"POST /v1/regions", {R"({"name": "audited-a"})"}},
        {"PUT /v1/regions/{region}", {R"({"title": "t"})", region}},
        {"PATCH /v1/regions/{region}", {R"({"title": "t"})", region}},
        {"DELETE /v1/regions/{region}", {"", region}},
        {"POST /v1/regions/{region}/quarantine", {""}},
        {"POST /v1/regions/{region}/release", {""}},
        {"POST /v1/channels", {R"({"kind": "webhook", "name": "c", "config": {"url": "https://h.example/"}})"}},
        {"PATCH /v1/channels/{channel_id}", {R"({"name": "d"})", channel}},
        {"DELETE /v1/channels/{channel_id}", {"", channel}},
        {"POST /v1/routes", {R"({"name": "r", "channels": []})"}},
        {"PUT /v1/routes/{route_id}", {R"({"name": "p", "channels": []})", route}},
        {"PATCH /v1/routes/{route_id}", {R"({"name": "q"})", route}},
        {"DELETE /v1/routes/{route_id}", {"", route}},
        {"POST /v1/route-overrides", {json::dump(override_of())}},
        {"PUT /v1/route-overrides/{override_id}", {R"({"replace": [], "site_id": ")" + overridden + R"("})", put_override}},
        {"PATCH /v1/route-overrides/{override_id}", {R"({"replace": []})", override_made}},
        {"DELETE /v1/route-overrides/{override_id}", {"", override_made}},
        {"POST /v1/drills", {json::dump(drill_of())}},
        {"PUT /v1/drills/{drill_id}", {json::dump(drill_of()), drill}},
        {"PATCH /v1/drills/{drill_id}", {R"({"enabled": false})", drill}},
        {"DELETE /v1/drills/{drill_id}", {"", drill}},
        {"POST /v1/drills/{drill_id}/run", {"", [drill] { return drill() + "/run"; }}},
        {"POST /v1/schedules", {R"({"name": "s"})"}},
        {"PUT /v1/schedules/{schedule_id}", {R"({"name": "t"})", schedule}},
        {"PATCH /v1/schedules/{schedule_id}", {R"({"name": "u"})", schedule}},
        {"DELETE /v1/schedules/{schedule_id}", {"", schedule}},
        {"POST /v1/schedules/{schedule_id}/overrides", {json::dump(takes_over), [schedule] { return schedule() + "/overrides"; }}},
        {"PUT /v1/schedules/{schedule_id}/overrides/{schedule_override_id}",
         {R"({"user_id": ")" + on_duty + R"(", "from": "2026-01-01T00:00:00Z", "to": "2026-01-03T00:00:00Z"})", schedule_override}},
        {"PATCH /v1/schedules/{schedule_id}/overrides/{schedule_override_id}", {R"({"to": "2026-01-04T00:00:00Z"})", schedule_override}},
        {"DELETE /v1/schedules/{schedule_id}/overrides/{schedule_override_id}", {"", schedule_override}},
        {"POST /v1/escalations", {R"({"name": "e", "steps": [{"after_ms": 0}]})"}},
        {"PUT /v1/escalations/{escalation_id}", {R"({"name": "f", "steps": [{"after_ms": 0}]})", escalation}},
        {"PATCH /v1/escalations/{escalation_id}", {R"({"name": "g"})", escalation}},
        {"DELETE /v1/escalations/{escalation_id}", {"", escalation}},
        {"POST /v1/status-pages", {R"({"slug": "audited", "title": "t"})"}},
        {"PUT /v1/status-pages/{status_page_id}", {R"({"slug": "audited-put", "title": "u"})", status_page}},
        {"PATCH /v1/status-pages/{status_page_id}", {R"({"title": "u"})", status_page}},
        {"DELETE /v1/status-pages/{status_page_id}", {"", status_page}},
        {"DELETE /v1/status-pages/{status_page_id}/subscribers/{subscriber_id}", {"", subscriber}},
        {"POST /v1/status-pages/{status_page_id}/token", {"", [status_page] { return status_page() + "/token"; }}},
        {"POST /v1/incidents", {R"({"title": "by hand", "site_id": ")" + stand().make_site("by hand") + R"("})"}},
        {"PATCH /v1/incidents/{incident_id}", {R"({"title": "t"})"}},
        {"POST /v1/incidents/{incident_id}/acknowledge", {""}},
        {"POST /v1/incidents/{incident_id}/unacknowledge", {""}},
        {"POST /v1/incidents/{incident_id}/comment", {R"({"comment": "c"})"}},
        {"POST /v1/incidents/{incident_id}/assign", {R"({"to": "bob"})"}},
        {"POST /v1/incidents/{incident_id}/severity", {R"({"severity": "minor"})"}},
        {"POST /v1/incidents/{incident_id}/resolve", {""}},
        {"POST /v1/incidents/{incident_id}/reopen", {""}},
        {"POST /v1/incidents/{incident_id}/updates", {update}},
        {"PATCH /v1/incidents/{incident_id}/updates/{number}", {update}},
        {"DELETE /v1/incidents/{incident_id}/updates/{number}", {""}},
        {"PUT /v1/incidents/{incident_id}/postmortem", {R"({"text": "x"})"}},
        {"POST /v1/advisories/{advisory_id}/acknowledge", {""}},
        {"POST /v1/advisories/{advisory_id}/mute", {""}},
        {"POST /v1/channels/{channel_id}/test", {"", [channel] { return channel() + "/test"; }}},
        {"POST /v1/maintenance", {window}},
        {"PATCH /v1/maintenance/{window_id}", {R"({"title": "v"})"}},
        {"POST /v1/maintenance/{window_id}/extend", {R"({"until": ")" + to_rfc3339(wall_now() + std::chrono::hours{2}) + R"("})", [under_way] { return under_way() + "/extend"; }}},
        {"POST /v1/maintenance/{window_id}/end", {"", [under_way] { return under_way() + "/end"; }}},
        {"PUT /v1/maintenance/{window_id}", {window}},
        {"DELETE /v1/maintenance/{window_id}", {"", [window] { return "/v1/maintenance/" + made("/v1/maintenance", Json::parse(window)); }}},
        {"POST /v1/dependencies", {parent}},
        {"PUT /v1/dependencies/{dependency_id}", {again}},
        {"PATCH /v1/dependencies/{dependency_id}", {R"({"note": "o"})"}},
        {"DELETE /v1/dependencies/{dependency_id}", {""}},
        {"POST /v1/groups", {group}},
        {"PUT /v1/groups/{group_id}", {group}},
        {"PATCH /v1/groups/{group_id}", {R"({"name": "h"})"}},
        {"DELETE /v1/groups/{group_id}", {""}},
        {"POST /v1/roles", {R"({"name": "audited", "permissions": []})"}},
        {"PUT /v1/settings", {R"({"retention": {"results_days": 31}})"}},
        {"PATCH /v1/settings", {R"({"retention": null})"}},
        {"PUT /v1/roles/{role}", {"", role}},
        {"PATCH /v1/roles/{role}", {R"({"title": "t"})", role}},
        {"DELETE /v1/roles/{role}", {"", role}},
        {"PATCH /v1/sites/bulk", {R"({"items": [{"id": ")" + stand().make_site("bulk") + R"(", "patch": {"name": "t"}}]})"}},
        {"POST /v1/sites/bulk_delete", {R"({"items": [{"id": ")" + stand().make_site("bulk") + R"("}]})"}},
        {"POST /v1/monitors/bulk", {R"({"items": [)" + spec + "]}"}},
        {"PATCH /v1/monitors/bulk", {R"({"items": [{"id": ")" + stand().make_monitor(world.site) + R"(", "patch": {"paused": true}}]})"}},
        {"POST /v1/monitors/bulk_delete", {R"({"items": [{"id": ")" + stand().make_monitor(world.site) + R"("}]})"}},
        {"POST /v1/apply", {R"({"owner": "audited", "mode": "apply", "resources": [{"kind": "site", "key": "audited", "set": {"name": "s"}}]})"}},
        {"POST /v1/regions/{region}/join-tokens", {"", [region] { return region() + "/join-tokens"; }}},
        {"POST /v1/regions/{region}/join-tokens/{token_id}/revoke", {"", [region] {
             const auto tokens = region() + "/join-tokens";
             return tokens + "/" + made(tokens, Json::object()) + "/revoke";
         }}},
        {"PATCH /v1/agents/{agent_id}", {R"({"name": "renamed"})", agent}},
        {"POST /v1/agents/{agent_id}/revoke", {"", [agent] { return agent() + "/revoke"; }}},
        {"DELETE /v1/agents/{agent_id}", {"", agent}},
        {"POST /v1/users", {R"({"name": "audited"})"}},
        {"PUT /v1/users/{user_id}", {R"({"name": "audited-put"})", user}},
        {"PATCH /v1/users/{user_id}", {R"({"role": "operator"})", user}},
        {"DELETE /v1/users/{user_id}", {"", user}},
        {"POST /v1/users/{user_id}/password-token", {"", [user] { return user() + "/password-token"; }}},
        {"DELETE /v1/users/{user_id}/totp", {"", [user] {
             const auto path = user();
             stand().run("insert into totp (person_id, secret, confirmed_at) values ($1, 'x', now())", {*UserId::parse(path.substr(path.rfind('/') + 1))});
             return path + "/totp";
         }}},
        {"PUT /v1/users/{user_id}/identity", {R"({"issuer": "https://id.example", "subject": "audited"})", [user] { return user() + "/identity"; }}},
        {"DELETE /v1/users/{user_id}/identity", {"", [user] {
             const auto path = user();
             stand().run("insert into person_identity (person_id, issuer, subject, follows) values ($1, 'https://id.example', 'gone', false)",
                         {*UserId::parse(path.substr(path.rfind('/') + 1))});
             return path + "/identity";
         }}},
        {"POST /v1/clients", {R"({"name": "c", "role": "viewer"})"}},
        {"PUT /v1/clients/{client_id}", {R"({"name": "d", "role": "viewer"})", client}},
        {"PATCH /v1/clients/{client_id}", {R"({"name": "d"})", client}},
        {"POST /v1/clients/{client_id}/rotate", {"", [client] { return client() + "/rotate"; }}},
        {"POST /v1/clients/{client_id}/revoke", {"", [client] { return client() + "/revoke"; }}},
    };
}

Json entries(const std::string& query) { return stand().admin().get("/v1/audit?" + query).json()["items"]; }

// Of this operation, by a number that rises.
std::int64_t count_of(const std::string& operation) {
    return stand().pool().transact([&](db::Tx& tx) { return tx.run_text("select count(*) from audit where operation = $1 and action <> 'access.refused'", {operation})[0].whole(0); });
}

}  // namespace

TEST_CASE("every operation that writes leaves an entry that says who, what and from where") {
    const FakeEngine engine("done");
    const World world("audited");
    const auto asked = questions(world);
    for (const auto& endpoint : controlplane::endpoints()) {
        // Whoever logs in has entries of his own kinds (login_session_test.cpp and others).
        if (!controlplane::writes(endpoint) || endpoint.permission == controlplane::Permission::account_own) continue;
        const auto method = std::string(name_of(endpoint.method));
        const auto operation = method + " " + std::string(endpoint.pattern);
        CAPTURE(operation);
        const auto found = asked.find(operation);
        REQUIRE_MESSAGE(found != asked.end(), "say here what this operation is to be asked for");
        const auto path = found->second.path ? found->second.path() : world.path(endpoint.pattern);
        auto body = found->second.body;
        if (operation == "PUT /v1/regions/{region}") body = R"({"title": "t", "name": ")" + path.substr(path.rfind('/') + 1) + R"("})";
        if (operation == "PUT /v1/roles/{role}") body = R"({"name": ")" + path.substr(path.rfind('/') + 1) + R"(", "title": "t", "permissions": []})";
        const auto before = count_of(operation);
        const auto answer = stand().admin().send(method, path, body);
        // Nobody answers what is asked about regions and advisories: it is written down all the same.
        CHECK_MESSAGE((answer.status < 300 || answer.status == 503), answer.body);
        CHECK(count_of(operation) > before);
    }
    // Others count on the regions and roles that there are.
    stand().run("delete from region where name like 'audited%'");
    stand().run("delete from role where name like 'audited%'");
    stand().run("delete from agent where name like 'audited%' or name = 'renamed'");
    for (const auto& entry : entries("limit=500&actor=token:of%20the%20admin")) {
        CHECK(entry["actor_id"].get<std::string>().starts_with("token:"));
        CHECK(entry["address"] == "127.0.0.1");
        CHECK(!entry["operation"].is_null());
    }
}

TEST_CASE("an entry has the fields that changed, before and after, and whole what came or went") {
    const auto site = stand().make_site("first name");
    REQUIRE(stand().admin().patch("/v1/sites/" + site, {{"name", "second name"}}).status == 200);
    REQUIRE(stand().admin().patch("/v1/sites/" + site, {{"name", "second name"}}).status == 200);  // changes nothing
    const auto monitor = stand().make_monitor(site);
    REQUIRE(stand().admin().del("/v1/sites/" + site).status == 204);
    const auto of_site = entries("object=site:" + site);
    REQUIRE(of_site.size() == 3);
    CHECK(of_site[2]["action"] == "site.create");
    CHECK(of_site[2]["before"].is_null());
    CHECK(of_site[2]["after"]["id"] == site);
    CHECK(of_site[2]["operation"] == "POST /v1/sites");
    CHECK(of_site[1]["action"] == "site.update");
    CHECK(of_site[1]["before"] == Json{{"name", "first name"}, {"version", 1}});
    CHECK(of_site[1]["after"] == Json{{"name", "second name"}, {"version", 2}});
    CHECK(of_site[0]["action"] == "site.delete");
    CHECK(of_site[0]["before"]["name"] == "second name");
    CHECK(of_site[0]["after"].is_null());
    const auto of_monitor = entries("object=monitor:" + monitor + "&action=monitor.delete");
    REQUIRE(of_monitor.size() == 1);
    CHECK(of_monitor[0]["before"]["site_id"] == site);
    CHECK(of_monitor[0]["operation"] == "DELETE /v1/sites/{site_id}");
}

TEST_CASE("no entry has a secret") {
    const auto client = stand().admin().post("/v1/clients", {{"name", "silent"}, {"role", "viewer"}}).json();
    const auto channel = stand().admin().post("/v1/channels", {{"kind", "webhook"}, {"name", "silent"}, {"config", {{"url", "https://h.example/"}}}}).json();
    const auto site = stand().make_site("silent");
    const Json spec{{"url", "https://example.com/"}, {"headers", {{"X-Key", "{{secrets.KEY}}"}}}};
    const auto monitor = stand().admin().post("/v1/monitors", {{"site_id", site}, {"name", "m"}, {"spec", spec}, {"secrets", {{"KEY", "very-secret"}}}}).json();
    const auto heartbeat = stand().admin().post("/v1/monitors", {{"site_id", site}, {"kind", "heartbeat"}, {"name", "h"}, {"spec", {{"schedule", "0 2 * * *"}}}}).json();
    REQUIRE(monitor.contains("id"));
    const auto all = stand().pool().transact([](db::Tx& tx) {
        std::string text;
        for (const auto row : tx.run_text("select coalesce(before::text, '') || coalesce(after::text, '') from audit")) text += row.text(0);
        return text;
    });
    CHECK(all.find(client["secret"].get<std::string>()) == std::string::npos);
    CHECK(all.find(channel["secrets"]["signing_key"].get<std::string>()) == std::string::npos);
    CHECK(all.find("very-secret") == std::string::npos);
    CHECK(all.find("\\\\x") == std::string::npos);  // no column of bytes
    const auto shown = entries("object=monitor:" + heartbeat["id"].get<std::string>());
    CHECK(shown[0]["after"]["ping_token"] == "***");
}

TEST_CASE("what is otherwise for a site or a schedule is called by identifiers that there are") {
    const auto override_id = made("/v1/route-overrides", {{"site_id", stand().make_site("overridden")}});
    CHECK(entries("object=override:" + override_id + "&action=override.create").size() == 1);
    const auto schedule = made("/v1/schedules", {{"name", "overridden"}});
    made("/v1/schedules/" + schedule + "/overrides",
         {{"user_id", made("/v1/users", {{"name", "takes.over"}})}, {"from", "2026-01-01T00:00:00Z"}, {"to", "2026-01-02T00:00:00Z"}});
    CHECK(entries("object=schedule:" + schedule + "&action=schedule_override.create").size() == 1);
}

TEST_CASE("who is refused leaves an entry, and what he wanted leaves nothing else") {
    const auto site = stand().make_site("guarded");
    CHECK(stand().viewer().del("/v1/sites/" + site).status == 403);
    const auto refused = entries("action=access.refused&actor=token:of%20the%20viewer&limit=1");
    REQUIRE(refused.size() == 1);
    CHECK(refused[0]["operation"] == "DELETE /v1/sites/{site_id}");
    CHECK(refused[0]["after"] == Json{{"why", "this needs the permission sites.write"}, {"path", "/v1/sites/" + site}});
    const auto monitor = stand().make_monitor(site);
    CHECK(stand().operate().patch("/v1/monitors/" + monitor, {{"paused", true}, {"name", "mine"}}).status == 403);
    CHECK(entries("action=access.refused&actor=token:of%20the%20operator&limit=1")[0]["after"]["path"] == "/v1/monitors/" + monitor);
    CHECK(entries("object=monitor:" + monitor).size() == 1);
}

TEST_CASE("a write that is undone leaves no entry") {
    const auto before = count_of("POST /v1/sites/bulk");
    CHECK(stand().admin().post("/v1/sites/bulk", {{"items", {{{"name", "good"}}, {{"name", ""}}}}}).status == 422);
    CHECK(count_of("POST /v1/sites/bulk") == before);
}

TEST_CASE("the audit is read page by page, and filtered") {
    const auto site = stand().make_site("paged");
    for (int i = 0; i < 5; ++i) REQUIRE(stand().admin().patch("/v1/sites/" + site, {{"name", "paged " + std::to_string(i)}}).status == 200);
    std::vector<std::string> seen;
    const auto first = "/v1/audit?limit=2&action=site.*&object=site:" + site;
    for (std::string next = first; !next.empty();) {
        const auto page = stand().admin().get(next).json();
        for (const auto& entry : page["items"]) seen.push_back(entry["id"]);
        stand().make_site("meanwhile");
        next = page["next_cursor"].is_null() ? "" : first + "&cursor=" + page["next_cursor"].get<std::string>();
    }
    CHECK(seen.size() == 6);
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 6);
    CHECK(entries("object=site:" + site + "&to=2020-01-01T00:00:00Z").empty());
    CHECK(stand().operate().get("/v1/audit").status == 403);
    CHECK(stand().admin().get("/v1/audit?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z").status == 422);
}

TEST_CASE("every table says whether what people write in it is told, and whether it is hidden from who is restricted") {
    // Written by the services alone, or of no site; what belongs to something that is hidden is asked for by that.
    const std::set<std::string> audited{"agent", "api_client", "channel", "client_secret", "dependency", "drill", "drill_run", "escalation", "incident_command", "join_token", "maintenance",
                                        "maintenance_occurrence", "monitor", "monitor_group", "person", "person_identity", "region", "role", "route", "route_override",
                                        "schedule", "schedule_override", "settings", "site", "status_page", "voting_command"};
    const std::set<std::string> hidden{"advisory", "dependency", "incident", "maintenance", "monitor", "monitor_group", "outbox", "region", "site", "suppression"};
    const std::set<std::string> neither{
        "acknowledge_link_used", "agent_key_revocation", "audit", "bus_claims", "change", "channel_flood", "channel_health", "channel_thread", "decision", "delivery", "delivery_attempt", "digest",
        "event_planned", "event_to_plan", "event_to_relay", "evidence", "expiry_told", "group_state",
        "history_cursor", "incident_event",
        "incident_course", "incident_monitor", "incident_postmortem", "incident_update", "lease", "login_attempt", "managed", "monitor_state", "monitor_unjudged", "oidc_ticket_used", "page_notice",
        "password_token",
        "recovery_code", "region_coverage", "region_health", "region_report", "request_key",
        "result", "result_packed", "rollup_again", "rollup_day", "rollup_hour", "scheduler_cursor", "schema_migration", "session", "sight", "site_vacated", "slot_gap", "slot_hour", "slot_ledger",
        "slot_minute", "state_edge", "subscriber", "subscriber_delivery", "subscriber_key", "totp"};
    stand().pool().transact([&](db::Tx& tx) {
        for (const auto row : tx.run_text(R"(select c.relname, exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname in ('note_audit', 'note_audit_insert')),
                                                    to_regclass('public_restricted.' || c.relname) is not null
                                             from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition)")) {
            const std::string name(row.text(0));
            CAPTURE(name);
            CHECK(row.boolean(1) == audited.contains(name));
            CHECK(row.boolean(2) == hidden.contains(name));
            CHECK((audited.contains(name) || hidden.contains(name)) != neither.contains(name));
        }
    });
}

}  // namespace api_audit_test

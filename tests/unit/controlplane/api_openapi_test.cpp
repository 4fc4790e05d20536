// Holds schema/openapi.yaml to the router, both ways, and its examples to the validators.
#include "controlplane/api/api.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "controlplane/access/client_draft.h"
#include "controlplane/access/role_draft.h"
#include "controlplane/api/endpoint/command_desk.h"
#include "controlplane/api/endpoint/state.h"
#include "controlplane/api/monitor/monitor_draft.h"
#include "controlplane/api/monitor/run.h"
#include "controlplane/api/monitor/site_draft.h"
#include "controlplane/api/notify/channel_draft.h"
#include "controlplane/api/person/user.h"
#include "controlplane/api/region/region.h"
#include "controlplane/events/feed.h"
#include "controlplane/login/login.h"
#include "controlplane/ping/pings.h"
#include "controlplane/run/desk.h"
#include "lib/check/verdict.h"
#include "lib/service/service.h"

namespace api_openapi_test {

using namespace sonde;
using namespace sonde::controlplane;

namespace {

const Json& document() {
    static const Json parsed = *json::parse(openapi_document(), {.bytes = 4 << 20, .depth = 64});
    return parsed;
}

std::string method_name(http::Method method) {
    switch (method) {
        case http::Method::get:
            return "get";
        case http::Method::head:
            return "head";
        case http::Method::post:
            return "post";
        case http::Method::put:
            return "put";
        case http::Method::patch:
            return "patch";
        case http::Method::del:
            return "delete";
        case http::Method::options:
            return "options";
    }
    return "";
}

// `get /v1/sites` and so on, with the operation.
std::map<std::string, Json> documented() {
    std::map<std::string, Json> operations;
    for (const auto& [path, item] : document()["paths"].items()) {
        for (const auto& [method, operation] : item.items()) {
            if (method != "parameters") operations[method + " " + path] = operation;
        }
    }
    return operations;
}

// All routes of the control plane, with a database that is never asked.
std::set<std::string> routed() {
    metrics::Registry registry;
    db::PoolOptions options;
    options.dsn = Secret("host=/nonexistent");
    db::Pool pool(options, registry);
    const crypto::SecretBox box{std::string(32, 'k')};
    CommandDesk desk(pool, box, 1);
    Tokens tokens(pool);
    login::Login login(pool, {}, registry);
    run::Desk runs({}, registry);
    events::Feed feed(pool, registry);
    Backend backend{pool, box, desk, runs, feed, tokens, login};
    const service::Health health;
    http::Router router;
    service::add_operational_routes(router, health, registry);
    add_api_routes(router, backend);
    std::set<std::string> routes;
    bus::Options nowhere;
    nowhere.urls = {"nats://127.0.0.1:1"};
    const auto bus = bus::Bus::connect(nowhere, registry);
    ping::Pings pings(pool, options.dsn, *bus, registry);
    pings.add_routes(router);
    for (const auto& route : router.routes()) routes.insert(method_name(route.method) + " " + route.pattern);
    return routes;
}

void each_reference(const Json& node, const std::function<void(const std::string&)>& visit) {
    if (node.is_object() && node.contains("$ref")) visit(node["$ref"]);
    for (const auto& part : node) {
        if (part.is_structured()) each_reference(part, visit);
    }
}

template <class Enum>
std::set<std::string> names() {
    return {EnumNames<Enum>::names.begin(), EnumNames<Enum>::names.end()};
}

std::set<std::string> listed(const std::string& schema) {
    std::set<std::string> values;
    for (const auto& value : document()["components"]["schemas"][schema]["enum"]) values.insert(value.get<std::string>());
    return values;
}

std::set<std::string> fields(const Json& object) {
    std::set<std::string> all;
    for (const auto& [field, value] : object.items()) all.insert(field);
    return all;
}

// Of kinds whose canonical document has every field, whatever is asked.
std::map<std::string, check::Spec> specs_by_schema() {
    return {{"WebSocketSpec", check::WebSocketSpec{}}, {"BannerSpec", check::BannerSpec{}}, {"GrpcSpec", check::GrpcSpec{}}, {"DomainSpec", check::DomainSpec{}}};
}

}  // namespace

TEST_CASE("every route is in the document, and every operation of the document is routed") {
    std::set<std::string> in_document;
    for (const auto& [name, operation] : documented()) in_document.insert(name);
    const auto in_router = routed();
    for (const auto& name : in_router) CHECK_MESSAGE(in_document.contains(name), name << " is not in the document");
    for (const auto& name : in_document) CHECK_MESSAGE(in_router.contains(name), name << " is not routed");
}

TEST_CASE("the document says of every operation which permission it needs, as the router has it") {
    auto operations = documented();
    for (const auto& endpoint : endpoints()) {
        const auto name = method_name(endpoint.method) + " " + std::string(endpoint.pattern);
        CAPTURE(name);
        CHECK(operations[name].value("x-sonde-permission", "") == name_of(endpoint.permission));
        operations.erase(name);
    }
    for (const auto& [name, operation] : operations) {
        CAPTURE(name);
        CHECK(operation["security"].empty());
    }
}

TEST_CASE("operations are told apart and described") {
    std::set<std::string> seen;
    for (const auto& [name, operation] : documented()) {
        CAPTURE(name);
        CHECK(seen.insert(operation["operationId"].get<std::string>()).second);
        CHECK(!operation.value("summary", "").empty());
        CHECK(operation["tags"].size() == 1);
        CHECK(!operation["responses"].empty());
        if (name.find(" /v1/") != std::string::npos) CHECK(operation["responses"].contains("default"));
    }
}

TEST_CASE("every parameter of a path is declared, and none besides") {
    for (const auto& [path, item] : document()["paths"].items()) {
        CAPTURE(path);
        std::set<std::string> in_path;
        for (auto open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
            in_path.insert(path.substr(open + 1, path.find('}', open) - open - 1));
        }
        std::set<std::string> declared;
        for (const auto& entry : item.value("parameters", Json::array())) {
            const auto& parameter =
                entry.contains("$ref") ? document().at(Json::json_pointer(entry["$ref"].get<std::string>().substr(1))) : entry;
            CHECK(parameter["in"] == "path");
            declared.insert(parameter["name"].get<std::string>());
        }
        CHECK(declared == in_path);
    }
}

TEST_CASE("every reference leads somewhere, and every component is used") {
    std::set<std::string> used;
    each_reference(document(), [&](const std::string& reference) {
        CHECK_MESSAGE(document().contains(Json::json_pointer(reference.substr(1))), reference);
        used.insert(reference);
    });
    for (const auto& [kind, components] : document()["components"].items()) {
        if (kind == "securitySchemes") continue;
        for (const auto& [name, component] : components.items()) {
            CHECK_MESSAGE(used.contains("#/components/" + kind + "/" + name), name << " is not used");
        }
    }
}

TEST_CASE("the document lists the same names as the code") {
    CHECK(listed("State") == names<State>());
    CHECK(listed("Kind") == names<check::Kind>());
    CHECK(listed("Severity") == names<Severity>());
    CHECK(listed("Verdict") == names<check::Verdict>());
    CHECK(listed("FailureClass") == names<check::FailureClass>());
    CHECK(listed("PermissionKey") == names<Permission>());
    CHECK(listed("ChannelEvent") == std::set<std::string>(kChannelEvents.begin(), kChannelEvents.end()));
}

TEST_CASE("the fields that may be set are those of the canonical documents") {
    const auto& schemas = document()["components"]["schemas"];
    json::Problems problems;
    CHECK(fields(schemas["SiteInput"]["properties"]) == fields(write_site({})));
    CHECK(fields(schemas["UserInput"]["properties"]) == fields(write_user({})));
    CHECK(fields(schemas["RegionInput"]["properties"]) == fields(write_region({})));
    MonitorDraft draft;
    draft.site_id = SiteId{1};
    const auto monitor = write_monitor(draft);
    auto of_monitor = fields(monitor);
    of_monitor.insert("secrets");
    CHECK(fields(schemas["MonitorInput"]["properties"]) == of_monitor);
    CHECK(fields(schemas["HttpSpec"]["properties"]) == fields(monitor["spec"]));
    CHECK(fields(schemas["Policy"]["properties"]) == fields(monitor["policy"]));
    check::HeartbeatSpec by_period;
    by_period.period = by_period.max_run = seconds{60};
    check::HeartbeatSpec by_schedule;
    by_schedule.schedule = *calendar::Schedule::parse(calendar::Kind::cron, "@daily", calendar::Zone::utc());
    auto either = fields(check::write_spec(by_period));
    either.merge(fields(check::write_spec(by_schedule)));
    CHECK(fields(schemas["HeartbeatSpec"]["properties"]) == either);
    for (const auto& [name, spec] : specs_by_schema()) CHECK_MESSAGE(fields(schemas[name]["properties"]) == fields(check::write_spec(spec)), name);
    auto channel = fields(write_channel({}));
    channel.insert("secrets");
    CHECK(fields(schemas["ChannelInput"]["properties"]) == channel);
}

TEST_CASE("the defaults in the document are those of the code") {
    const auto& schemas = document()["components"]["schemas"];
    const auto check = [](const Json& properties, const Json& canonical) {
        for (const auto& [field, schema] : properties.items()) {
            CAPTURE(field);
            if (schema.contains("default")) CHECK(schema["default"] == canonical[field]);
        }
    };
    const auto monitor = write_monitor({});
    check(schemas["MonitorInput"]["properties"], monitor);
    check(schemas["HttpSpec"]["properties"], monitor["spec"]);
    for (const auto& [name, spec] : specs_by_schema()) check(schemas[name]["properties"], check::write_spec(spec));
    check(schemas["Policy"]["properties"], monitor["policy"]);
    check(schemas["Policy"]["properties"]["confirmation"]["properties"], monitor["policy"]["confirmation"]);
    check(schemas["SiteInput"]["properties"], write_site({}));
    check(schemas["UserInput"]["properties"], write_user({}));
    check(schemas["ChannelInput"]["properties"], write_channel({}));
}

TEST_CASE("the examples in the document are valid") {
    json::Problems problems;
    const auto& bodies = document()["components"]["requestBodies"];
    const auto operations = documented();
    const auto example = [&operations](const std::string& name) {
        return operations.at(name)["requestBody"]["content"]["application/json"]["example"];
    };
    read_site(bodies["Site"]["content"]["application/json"]["example"], "/site", problems);
    read_user(bodies["User"]["content"]["application/json"]["example"], "/user", problems);
    for (const auto& row : bodies["Monitor"]["content"]["application/json"]["examples"]) {
        read_monitor(row["value"], "/monitor", SiteField::required, problems);
    }
    read_role(bodies["Role"]["content"]["application/json"]["example"], problems);
    for (const auto& row : bodies["Client"]["content"]["application/json"]["examples"]) read_client(row["value"], problems);
    read_run(example("post /v1/check"), problems);
    read_region(example("post /v1/regions"), "/region", problems);
    read_channel(example("post /v1/channels"), "/channel", problems);
    const auto bulk = example("post /v1/sites/bulk");
    for (const auto& site : bulk["items"]) {
        for (const auto& monitor : site["monitors"]) read_monitor(monitor, "/bulk", SiteField::implied, problems);
    }
    for (const auto& problem : problems) FAIL_CHECK(problem.pointer << ": " << problem.detail);
}

}  // namespace api_openapi_test

#include "controlplane/api/monitor/monitor.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/heartbeat.h"
#include "controlplane/api/monitor/monitor_change.h"
#include "controlplane/api/monitor/monitor_store.h"
#include "controlplane/api/monitor/site_store.h"
#include "controlplane/api/monitor/vote.h"
#include "lib/base/shard.h"

namespace sonde::controlplane::monitor_api {
namespace {

// All that an item of the list may have.
constexpr std::array<std::string_view, 23> kMembers{"id", "site_id", "kind", "name", "spec", "interval_ms", "timeout_ms", "regions", "placement", "severity", "tags",
                                                    "enabled", "paused", "policy", "secrets", "state", "state_since", "flapping_since", "heartbeat", "next_check_at",
                                                    "version", "created_at", "updated_at"};

Json present(const Monitor& monitor, TimePoint now, const Actor& actor) {
    Json document;
    document["id"] = monitor.id.text();
    json::add(document, write_monitor(monitor.draft));
    document["secrets"] = write_secret_names(monitor.secret_names);
    document["state"] = name_of(monitor.state);
    document["state_since"] = to_rfc3339(monitor.state_since);
    document["flapping_since"] = monitor.flapping_since ? Json(to_rfc3339(*monitor.flapping_since)) : Json(nullptr);
    const bool pushed = check::is_pushed(monitor.draft.kind);
    if (pushed) document["heartbeat"] = present_heartbeat(monitor, actor.permissions.has(Permission::monitors_write));
    document["next_check_at"] =
        pushed || monitor.state == State::paused ? Json(nullptr) : Json(to_rfc3339(next_slot(monitor.phase, monitor.draft.interval, now)));
    document["version"] = monitor.version;
    document["created_at"] = to_rfc3339(monitor.created_at);
    document["updated_at"] = to_rfc3339(monitor.updated_at);
    return document;
}

Monitor require(std::optional<Monitor> monitor) {
    if (!monitor) not_found("there is no such monitor");
    return std::move(*monitor);
}

// Throws a 422 for regions that there are not, beside the problems there are already.
void check_in(db::Tx& tx, const MonitorDraft& draft, json::Problems problems) {
    check_regions(monitor_store::missing_regions(tx, regions_named(draft)), draft, "", problems);
    refuse_if_any(problems);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kMonitorOrder);
    const auto page = query.page("monitors", sorting);
    const auto fields = query.fields(kMembers);
    const MonitorFilter filter{query.id<SiteId>("site_id"), query.name<State>("state"), query.name<check::Kind>("kind"), query.text("tag", 64),
                               query.text("name"), query.text("region", 32), query.boolean("paused"), query.search()};
    query.finish();
    const auto monitors = call.transact(backend, [&](db::Tx& tx) { return monitor_store::list(tx, filter, sorting, page); });
    const auto now = wall_now();
    std::vector<Json> items;
    for (const auto& monitor : monitors.items) items.push_back(fields.of(present(monitor, now, call.actor)));
    return page_response(call.request, page, std::move(items), [&monitors](std::size_t i) { return monitors.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_monitor(read_body(call), "", SiteField::required, problems);
    refuse_if_any(problems);
    const auto id = new_id<MonitorId>();
    const auto monitor = call.transact(backend, [&](db::Tx& tx) {
        json::Problems missing;
        if (!site_store::hold(tx, draft.site_id)) missing.push_back({"/site_id", "there is no such site"});
        check_in(tx, draft, missing);
        monitor_store::insert(tx, backend.secrets, {{id, &draft}});
        return require(monitor_store::find(tx, id));
    });
    return resource_response(call.request, present(monitor, wall_now(), call.actor), monitor.version, 201)
        .with("Location", "/v1/monitors/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    auto [monitor, votes] = call.transact(backend, [&](db::Tx& tx) {
        auto found = require(monitor_store::find(tx, id));
        auto cast = check::is_pushed(found.draft.kind) ? push_votes_of(found) : votes_of(tx, found);
        return std::pair{std::move(found), std::move(cast)};
    });
    auto document = present(monitor, wall_now(), call.actor);
    document["votes"] = std::move(votes);
    return resource_response(call.request, document, monitor.version);
}

// Who may pause may resume, and change nothing else.
void check_may_edit(const Call& call, const Json& body) {
    if (call.actor.permissions.has(Permission::monitors_write)) return;
    if (call.endpoint.method == http::Method::patch && only_pauses(body)) return;
    throw http::ProblemError{
        http::problem::forbidden, "monitors.pause is for `paused` alone; this needs the permission monitors.write", {}};
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    const auto body = read_body(call);
    check_may_edit(call, body);
    const auto monitor = call.transact(backend, [&](db::Tx& tx) {
        auto before = require(monitor_store::lock(tx, id));
        check_if_match(call.request, before.version);
        const auto means = call.endpoint.method == http::Method::patch ? SecretsField::patch : SecretsField::whole;
        const SecretsBefore secrets{means, monitor_store::secrets(tx, backend.secrets, id)};
        json::Problems problems;
        const auto draft = changed(before, secrets, body, "", problems);
        refuse_if_any(problems);
        check_in(tx, draft, {});
        if (!is_change(before, secrets.secrets, draft)) return before;
        monitor_store::update(tx, backend.secrets, {{id, &draft}});
        return require(monitor_store::find(tx, id));
    });
    return resource_response(call.request, present(monitor, wall_now(), call.actor), monitor.version);
}

http::Response rotate_token(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    const auto monitor = call.transact(backend, [&](db::Tx& tx) {
        const auto before = require(monitor_store::lock(tx, id));
        check_if_match(call.request, before.version);
        if (!check::is_pushed(before.draft.kind)) {
            throw http::ProblemError{http::problem::conflict, fmt::format("a monitor of the kind {} has no token", name_of(before.draft.kind)), {}};
        }
        monitor_store::rotate_ping_token(tx, id);
        return require(monitor_store::find(tx, id));
    });
    return resource_response(call.request, present(monitor, wall_now(), call.actor), monitor.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(monitor_store::lock(tx, id)).version);
        monitor_store::remove(tx, {id.value()});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/monitors", Permission::monitors_read, list},
        {Method::post, "/v1/monitors", Permission::monitors_write, create},
        {Method::get, "/v1/monitors/{monitor_id}", Permission::monitors_read, read},
        {Method::put, "/v1/monitors/{monitor_id}", Permission::monitors_write, edit},
        {Method::patch, "/v1/monitors/{monitor_id}", Permission::monitors_pause, edit},
        {Method::del, "/v1/monitors/{monitor_id}", Permission::monitors_write, remove},
        {Method::post, "/v1/monitors/{monitor_id}/rotate_ping_token", Permission::monitors_write, rotate_token},
    };
}

}  // namespace sonde::controlplane::monitor_api

namespace sonde::controlplane {

std::vector<std::string> regions_named(const MonitorDraft& draft) {
    auto names = draft.regions;
    for (const auto* list : {&draft.policy.page_on, &draft.policy.exclude}) names.insert(names.end(), list->begin(), list->end());
    return names;
}

void check_regions(const std::vector<std::string>& missing, const MonitorDraft& draft, const std::string& pointer,
                   json::Problems& problems) {
    for (std::size_t i = 0; i < draft.regions.size(); ++i) {
        if (std::find(missing.begin(), missing.end(), draft.regions[i]) == missing.end()) continue;
        problems.push_back(
            {fmt::format("{}/regions/{}", pointer, i), fmt::format("there is no region \"{}\"", draft.regions[i])});
    }
    for (const auto* list : {&draft.policy.page_on, &draft.policy.exclude}) {
        const auto field = list == &draft.policy.page_on ? "page_on" : "exclude";
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (std::find(missing.begin(), missing.end(), (*list)[i]) == missing.end()) continue;
            problems.push_back({fmt::format("{}/policy/{}/{}", pointer, field, i), fmt::format("there is no region \"{}\"", (*list)[i])});
        }
    }
}

}  // namespace sonde::controlplane

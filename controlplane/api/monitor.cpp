#include "controlplane/api/monitor.h"

#include <fmt/format.h>

#include <algorithm>

#include "controlplane/api/body.h"
#include "controlplane/api/heartbeat.h"
#include "controlplane/api/monitor_store.h"
#include "controlplane/api/precondition.h"
#include "controlplane/api/query.h"
#include "controlplane/api/site_store.h"
#include "controlplane/api/vote.h"
#include "lib/base/shard.h"

namespace sonde::controlplane {
namespace {

Json present(const Monitor& monitor, TimePoint now, Role role) {
    Json document;
    document["id"] = monitor.id.text();
    document.update(write_monitor(monitor.draft));
    document["secrets"] = write_secret_names(monitor.secret_names);
    document["state"] = name_of(monitor.state);
    document["state_since"] = to_rfc3339(monitor.state_since);
    document["flapping_since"] = monitor.flapping_since ? Json(to_rfc3339(*monitor.flapping_since)) : Json(nullptr);
    const bool pushed = check::is_pushed(monitor.draft.kind);
    if (pushed) document["heartbeat"] = present_heartbeat(monitor, role >= Role::admin);
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

// Whatever the order of their keys: the database keeps documents in an order of its own.
bool same_content(const Json& left, const Json& right) { return nlohmann::json(left) == nlohmann::json(right); }

bool same_secrets(const check::Secrets& left, const check::Secrets& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const auto& a, const auto& b) { return a.first == b.first && a.second.reveal() == b.second.reveal(); });
}

// Throws a 422 for regions that there are not, beside the problems there are already.
void check_in(db::Tx& tx, const MonitorDraft& draft, json::Problems problems) {
    check_regions(monitor_store::missing_regions(tx, regions_named(draft)), draft, "", problems);
    refuse_if_any(problems);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("monitors", 1);
    const MonitorFilter filter{query.id<SiteId>("site_id"), query.name<State>("state"), query.name<check::Kind>("kind"),
                               query.text("tag", 64), query.text("name")};
    query.finish();
    const auto monitors = call.transact(backend, [&](db::Tx& tx) { return monitor_store::list(tx, filter, page); });
    const auto now = wall_now();
    std::vector<Json> items;
    for (const auto& monitor : monitors) items.push_back(present(monitor, now, call.actor.role));
    return page_response(call.request, page, std::move(items),
                         [&monitors](std::size_t i) { return std::vector<Cursor::Value>{monitors[i].id.value()}; });
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
    return resource_response(call.request, present(monitor, wall_now(), call.actor.role), monitor.version, 201)
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
    auto document = present(monitor, wall_now(), call.actor.role);
    document["votes"] = std::move(votes);
    return resource_response(call.request, document, monitor.version);
}

// An operator may pause and resume; everything else is the administrator's.
void check_may_edit(const Call& call, const Json& body) {
    if (call.actor.role >= Role::admin) return;
    const bool pauses =
        call.endpoint.method == http::Method::patch && body.is_object() && body.size() == 1 && body.contains("paused");
    if (pauses) return;
    throw http::ProblemError{
        http::problem::forbidden, "the role operator may change `paused` alone; this needs the role admin", {}};
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    const auto body = read_body(call);
    check_may_edit(call, body);
    const auto monitor = call.transact(backend, [&](db::Tx& tx) {
        auto before = require(monitor_store::lock(tx, id));
        check_if_match(call.request, before.version);
        const auto present_document = write_monitor(before.draft);
        const bool patch = call.endpoint.method == http::Method::patch;
        json::Problems problems;
        const SecretsBefore secrets{patch ? SecretsField::patch : SecretsField::whole, monitor_store::secrets(tx, backend.secrets, id)};
        auto document = patch ? patched(present_document, body) : body;
        // They are no part of the document that is patched, and a null in a patch has a meaning of its own.
        if (patch && document.is_object() && body.contains("secrets")) document["secrets"] = body["secrets"];
        const auto draft = read_monitor(document, "", SiteField::required, problems, secrets);
        if (problems.empty() && draft.site_id != before.draft.site_id)
            problems.push_back({"/site_id", "a monitor cannot move to another site"});
        if (problems.empty() && draft.kind != before.draft.kind)
            problems.push_back({"/kind", "the kind of a monitor cannot change"});
        refuse_if_any(problems);
        check_in(tx, draft, {});
        if (same_content(write_monitor(draft), present_document) && same_secrets(draft.secrets, secrets.secrets)) return before;
        monitor_store::update(tx, backend.secrets, id, draft);
        return require(monitor_store::find(tx, id));
    });
    return resource_response(call.request, present(monitor, wall_now(), call.actor.role), monitor.version);
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
    return resource_response(call.request, present(monitor, wall_now(), call.actor.role), monitor.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<MonitorId>(call, "monitor_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(monitor_store::lock(tx, id)).version);
        monitor_store::remove(tx, id);
    });
    return http::Response::empty();
}

}  // namespace

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

Endpoints monitor_endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/monitors", Role::viewer, list},
        {Method::post, "/v1/monitors", Role::admin, create},
        {Method::get, "/v1/monitors/{monitor_id}", Role::viewer, read},
        {Method::put, "/v1/monitors/{monitor_id}", Role::admin, edit},
        {Method::patch, "/v1/monitors/{monitor_id}", Role::operate, edit},
        {Method::del, "/v1/monitors/{monitor_id}", Role::admin, remove},
        {Method::post, "/v1/monitors/{monitor_id}/rotate_ping_token", Role::admin, rotate_token},
    };
}

}  // namespace sonde::controlplane

#include "controlplane/api/monitor/maintenance.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/monitor/maintenance_store.h"
#include "controlplane/api/monitor/relation.h"

namespace sonde::controlplane::maintenance_api {
namespace {

constexpr std::size_t kMostOccurrences = 500;
constexpr std::chrono::hours kAhead{24 * 90};
constexpr std::chrono::hours kFurthest{24 * 366 * 5};

// All that an item of the list may have.
constexpr std::array<std::string_view, 15> kMembers{"id", "title", "description", "starts_at", "ends_at", "rrule", "duration_ms", "timezone", "targets", "state",
                                                    "current", "next", "version", "created_at", "updated_at"};

Window require(std::optional<Window> window) {
    if (!window) not_found("there is no such maintenance window");
    return std::move(*window);
}

Json present(const maintenance::Occurrence& occurrence) {
    return {{"starts_at", to_rfc3339(occurrence.start)}, {"ends_at", to_rfc3339(occurrence.end)}};
}

Json present(const Window& window, const std::vector<StoredOccurrence>& stored, TimePoint now) {
    const auto ends = window_store::ends_of(stored);
    const auto plan = maintenance::Plan::of(window.draft);
    const auto current = plan ? plan->at(now, ends) : std::nullopt;
    auto coming = plan ? plan->between(now, now + kFurthest, 2, ends) : std::vector<maintenance::Occurrence>{};
    std::erase_if(coming, [&](const auto& one) { return one.start <= now; });
    Json document;
    document["id"] = window.id.text();
    json::add(document, maintenance::write_draft(window.draft));
    document["state"] = current ? "active" : coming.empty() ? "over" : "scheduled";
    document["current"] = current ? present(*current) : Json(nullptr);
    document["next"] = coming.empty() ? Json(nullptr) : present(coming.front());
    document["version"] = window.version;
    document["created_at"] = to_rfc3339(window.created_at);
    document["updated_at"] = to_rfc3339(window.updated_at);
    return document;
}

// Targets must be there, and no later edit of a window is refused for a target that it had already.
void check_targets(db::Tx& tx, const maintenance::Targets& targets, json::Problems& problems) {
    relation::refuse_missing(targets.sites, relation::sites(tx, relation::numbers(targets.sites)), "/targets/sites", "there is no such site", problems);
    relation::refuse_missing(targets.monitors, relation::monitors(tx, relation::numbers(targets.monitors)), "/targets/monitors",
                             "there is no such monitor", problems);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto sorting = query.sorting(kWindowOrder);
    const auto page = query.page("maintenance", sorting);
    const auto fields = query.fields(kMembers);
    const WindowFilter filter{query.id<SiteId>("site_id"), query.id<MonitorId>("monitor_id"), query.text("tag", 64), query.boolean("over"),
                              query.search()};
    query.finish();
    const auto now = wall_now();
    Sorted<Window> windows;
    std::vector<Json> items;
    call.transact(backend, [&](db::Tx& tx) {
        items.clear();
        windows = window_store::list(tx, filter, sorting, page);
        for (const auto& window : windows.items) items.push_back(fields.of(present(window, window_store::occurrences(tx, window.id), now)));
    });
    return page_response(call.request, page, std::move(items), [&windows](std::size_t i) { return windows.keys[i]; });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = maintenance::read_draft(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<WindowId>();
    const auto window = call.transact(backend, [&](db::Tx& tx) {
        json::Problems missing;
        check_targets(tx, draft.targets, missing);
        refuse_if_any(missing);
        window_store::insert(tx, id, draft);
        return require(window_store::find(tx, id));
    });
    return resource_response(call.request, present(window, {}, wall_now()), window.version, 201).with("Location", "/v1/maintenance/" + id.text());
}

http::Response respond(Backend& backend, const Call& call, WindowId id) {
    Json document;
    int version = 0;
    call.transact(backend, [&](db::Tx& tx) {
        const auto window = require(window_store::find(tx, id));
        document = present(window, window_store::occurrences(tx, id), wall_now());
        version = window.version;
    });
    return resource_response(call.request, document, version);
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    return respond(backend, call, path_id<WindowId>(call, "window_id"));
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<WindowId>(call, "window_id");
    const auto body = read_body(call);
    call.transact(backend, [&](db::Tx& tx) {
        const auto before = require(window_store::lock(tx, id));
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = maintenance::read_draft(patch ? patched(maintenance::write_draft(before.draft), body, {"ends_at", "rrule", "duration_ms"}) : body, "", problems);
        if (problems.empty() && draft.targets != before.draft.targets) check_targets(tx, draft.targets, problems);
        refuse_if_any(problems);
        if (draft != before.draft) window_store::update(tx, id, draft);
    });
    return respond(backend, call, id);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<WindowId>(call, "window_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(window_store::lock(tx, id)).version);
        window_store::remove(tx, id);
    });
    return http::Response::empty();
}

http::Response occurrences(Backend& backend, const Call& call) {
    const auto id = path_id<WindowId>(call, "window_id");
    Query query(call.request);
    const auto now = wall_now();
    const auto from = query.instant("from").value_or(now);
    const auto to = query.instant("to").value_or(from + kAhead);
    if (to <= from) query.refuse("to", "must be after `from`");
    if (to - from > kFurthest) query.refuse("to", "must be at most five years after `from`");
    query.finish();
    Json items = Json::array();
    call.transact(backend, [&](db::Tx& tx) {
        items = Json::array();
        const auto window = require(window_store::find(tx, id));
        const auto stored = window_store::occurrences(tx, id);
        const auto plan = maintenance::Plan::of(window.draft);
        if (!plan) return;
        for (const auto& one : plan->between(from, to, kMostOccurrences, window_store::ends_of(stored))) {
            auto item = present(one);
            item["state"] = now < one.start ? "scheduled" : now < one.end ? "active" : "over";
            item["given_by"] = nullptr;
            for (const auto& known : stored) {
                if (known.when.start == one.start && known.given_by) item["given_by"] = *known.given_by;
            }
            items.push_back(std::move(item));
        }
    });
    return http::Response::json({{"items", items}});
}

[[noreturn]] void conflict(const std::string& detail) { throw http::ProblemError{http::problem::conflict, detail, {}}; }

// Another end for the occurrence that is under way. A window that is once simply ends then.
void give_end(db::Tx& tx, const Window& window, const maintenance::Occurrence& current, TimePoint end, const Call& call) {
    if (window.draft.recurs()) return window_store::give_end(tx, window.id, current.start, end, call.actor.name);
    auto draft = window.draft;
    draft.ends_at = end;
    window_store::update(tx, window.id, draft);
}

maintenance::Occurrence current_of(db::Tx& tx, const Window& window, TimePoint now) {
    const auto plan = maintenance::Plan::of(window.draft);
    const auto current = plan ? plan->at(now, window_store::ends_of(window_store::occurrences(tx, window.id))) : std::nullopt;
    if (!current) conflict("no occurrence of this window is under way");
    return *current;
}

http::Response end(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<WindowId>(call, "window_id");
    json::Problems problems;
    const auto body = read_optional_body(call);
    json::Reader(body, "", problems).finish();
    refuse_if_any(problems);
    call.transact(backend, [&](db::Tx& tx) {
        const auto window = require(window_store::lock(tx, id));
        check_if_match(call.request, window.version);
        const auto now = wall_now();
        const auto current = current_of(tx, window, now);
        give_end(tx, window, current, std::max(now, current.start + milliseconds{1}), call);
    });
    return respond(backend, call, id);
}

http::Response extend(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<WindowId>(call, "window_id");
    json::Problems problems;
    std::string text;
    const auto body = read_body(call);
    json::Reader in(body, "", problems);
    in.require({"until"});
    in.text("until", text, {.min = 1, .max = 40});
    in.finish();
    const auto until = from_rfc3339(text);
    if (problems.empty() && !until) in.refuse("until", "must be an instant as RFC 3339 has it: 2026-01-31T22:00:00Z");
    refuse_if_any(problems);
    call.transact(backend, [&](db::Tx& tx) {
        const auto window = require(window_store::lock(tx, id));
        check_if_match(call.request, window.version);
        const auto now = wall_now();
        const auto current = current_of(tx, window, now);
        json::Problems wrong;
        const auto longest = window.draft.recurs() ? maintenance::kLongestRecurring : maintenance::kLongestOnce;
        if (*until <= now) wrong.push_back({"/until", "must be in the future: to end the window now, post to …/end"});
        else if (*until - current.start > longest) wrong.push_back({"/until", "is too long after the start of the occurrence"});
        refuse_if_any(wrong);
        give_end(tx, window, current, *until, call);
    });
    return respond(backend, call, id);
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/maintenance", Permission::maintenance_read, list},
        {Method::post, "/v1/maintenance", Permission::maintenance_write, create},
        {Method::get, "/v1/maintenance/{window_id}", Permission::maintenance_read, read},
        {Method::put, "/v1/maintenance/{window_id}", Permission::maintenance_write, edit},
        {Method::patch, "/v1/maintenance/{window_id}", Permission::maintenance_write, edit},
        {Method::del, "/v1/maintenance/{window_id}", Permission::maintenance_write, remove},
        {Method::get, "/v1/maintenance/{window_id}/occurrences", Permission::maintenance_read, occurrences},
        {Method::post, "/v1/maintenance/{window_id}/end", Permission::maintenance_write, end},
        {Method::post, "/v1/maintenance/{window_id}/extend", Permission::maintenance_write, extend},
    };
}

}  // namespace sonde::controlplane::maintenance_api

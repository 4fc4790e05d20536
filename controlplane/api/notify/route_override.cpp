#include "controlplane/api/notify/route_override.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/notify/route_draft.h"

namespace sonde::controlplane::route_override_api {
namespace {

// In the order of `read_row`.
constexpr std::string_view kSelect = R"(
    select o.id, o.site_id, o.added, o.muted, o.replaced, o.version, o.created_at, o.updated_at, o.escalation_id, o.reminders from route_override o )";
constexpr db::Statement kInsert{"route_override_insert", R"(
    insert into route_override (id, site_id, added, muted, replaced, escalation_id, reminders) values ($1, $2, $3, $4, $5, $6, $7))"};
constexpr db::Statement kUpdate{"route_override_update", R"(
    update route_override set added = $2, muted = $3, replaced = $4, escalation_id = $5, reminders = $6, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"route_override_remove", "delete from route_override where id = $1"};
constexpr db::Statement kOfSite{"route_override_of_site", "select id from route_override where site_id = $1"};

struct RouteOverride {
    RouteOverrideId id;
    RouteOverrideDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

std::vector<ChannelId> channels_in(const db::Row& row, int column) {
    std::vector<ChannelId> channels;
    for (const auto channel : row.wholes(column)) channels.push_back(ChannelId{channel});
    return channels;
}

RouteOverride read_row(const db::Row& row) {
    RouteOverride one;
    one.id = row.id<RouteOverrideId>(0);
    one.draft = {row.id<SiteId>(1), channels_in(row, 2), channels_in(row, 3), {}, {}, {}};
    if (!row.is_null(4)) one.draft.replaced = channels_in(row, 4);
    one.version = row.small(5);
    one.created_at = row.time(6);
    one.updated_at = row.time(7);
    if (!row.is_null(8)) one.draft.escalation = row.id<EscalationId>(8);
    if (!row.is_null(9)) one.draft.reminders = stored_reminders(stored_json(row.text(9)));
    return one;
}

Json present(const RouteOverride& one) {
    Json document;
    document["id"] = one.id.text();
    json::add(document, write_route_override(one.draft));
    document["version"] = one.version;
    document["created_at"] = to_rfc3339(one.created_at);
    document["updated_at"] = to_rfc3339(one.updated_at);
    return document;
}

RouteOverride require(db::Tx& tx, RouteOverrideId id, std::string_view suffix = "") {
    const auto rows = tx.run_text(fmt::format("{}where o.id = $1{}", kSelect, suffix), {id});
    if (rows.empty()) not_found("there is no such override");
    return read_row(rows[0]);
}

void check(db::Tx& tx, const RouteOverrideDraft& draft) {
    json::Problems problems;
    if (relation::sites(tx, {draft.site.value()}).empty()) problems.push_back({"/site_id", "there is no such site"});
    const auto refuse = [&](const std::vector<ChannelId>& channels, const std::string& pointer) {
        relation::refuse_missing(channels, relation::channels(tx, relation::numbers(channels)), pointer, "there is no such channel", problems);
    };
    refuse(draft.added, "/add");
    refuse(draft.muted, "/mute");
    if (draft.replaced) refuse(*draft.replaced, "/replace");
    relation::refuse_missing_escalation(tx, draft.escalation, problems);
    refuse_if_any(problems);
}

db::Param replaced_of(const RouteOverrideDraft& draft) {
    return draft.replaced ? db::Param(relation::numbers(*draft.replaced)) : db::Param(std::nullopt);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("route_overrides", 1);
    const auto site = query.id<SiteId>("site_id");
    query.finish();
    Conditions conditions;
    if (site) conditions.add("o.site_id = ?", {*site});
    if (page.after) conditions.add("o.id > ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        return tx.run_text(fmt::format("{}{} order by o.id limit {}", kSelect, conditions.where(), limit), conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(read_row(row)));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)};
    });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_route_override(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<RouteOverrideId>();
    const auto one = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        check(tx, draft);
        if (const auto there = tx.run(kOfSite, {draft.site}); !there.empty()) {
            throw http::ProblemError{http::problem::conflict,
                                     fmt::format("the site has an override already: {}", there[0].id<RouteOverrideId>(0).text()), {}};
        }
        tx.run(kInsert, {id, draft.site, relation::numbers(draft.added), relation::numbers(draft.muted), replaced_of(draft), draft.escalation, reminders_text(draft.reminders)});
        return require(tx, id);
    });
    return resource_response(call.request, present(one), one.version, 201).with("Location", "/v1/route-overrides/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<RouteOverrideId>(call, "override_id");
    const auto one = call.transact(backend, [&](db::Tx& tx) { return require(tx, id); });
    return resource_response(call.request, present(one), one.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<RouteOverrideId>(call, "override_id");
    const auto body = read_body(call);
    const auto one = call.transact(backend, [&](db::Tx& tx) {
        const auto before = require(tx, id, " for no key update of o");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_route_override(patch ? patched(write_route_override(before.draft), body) : body, "", problems);
        if (problems.empty() && draft.site != before.draft.site) problems.push_back({"/site_id", "cannot be changed"});
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check(tx, draft);
        tx.run(kUpdate, {id, relation::numbers(draft.added), relation::numbers(draft.muted), replaced_of(draft), draft.escalation, reminders_text(draft.reminders)});
        return require(tx, id);
    });
    return resource_response(call.request, present(one), one.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<RouteOverrideId>(call, "override_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(tx, id, " for no key update of o").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/route-overrides", Permission::channels_read, list},
        {Method::post, "/v1/route-overrides", Permission::channels_write, create},
        {Method::get, "/v1/route-overrides/{override_id}", Permission::channels_read, read},
        {Method::put, "/v1/route-overrides/{override_id}", Permission::channels_write, edit},
        {Method::patch, "/v1/route-overrides/{override_id}", Permission::channels_write, edit},
        {Method::del, "/v1/route-overrides/{override_id}", Permission::channels_write, remove},
    };
}

}  // namespace sonde::controlplane::route_api

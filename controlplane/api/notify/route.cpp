#include "controlplane/api/notify/route.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/body.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/monitor/relation.h"
#include "controlplane/api/notify/route_draft.h"

namespace sonde::controlplane::route_api {
namespace {

constexpr std::int64_t kMostRoutes = 500;  // each event is held to all of them

// In the order of `read_row`.
constexpr std::string_view kSelect = R"(
    select r.id, r.name, r.position, r.enabled, r.severities, r.tags, r.events, r.regions, r.sites, r.channels, r.proceed, r.version, r.created_at,
           r.updated_at, r.escalation_id, r.reminders from route r )";
constexpr db::Statement kInsert{"route_insert", R"(
    insert into route (id, name, position, enabled, severities, tags, events, regions, sites, channels, proceed, escalation_id, reminders)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13))"};
constexpr db::Statement kUpdate{"route_update", R"(
    update route set name = $2, position = $3, enabled = $4, severities = $5, tags = $6, events = $7, regions = $8, sites = $9, channels = $10,
           proceed = $11, escalation_id = $12, reminders = $13, version = version + 1, updated_at = now() where id = $1)"};
constexpr db::Statement kRemove{"route_remove", "delete from route where id = $1"};
constexpr db::Statement kCount{"route_count", "select count(*) from route"};

struct Route {
    RouteId id;
    RouteDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

Route read_row(const db::Row& row) {
    Route route;
    route.id = row.id<RouteId>(0);
    route.draft.name = row.text(1);
    route.draft.position = row.small(2);
    route.draft.enabled = row.boolean(3);
    route.draft.match = {row.texts(4), row.texts(5), row.texts(6), row.texts(7), {}};
    for (const auto site : row.wholes(8)) route.draft.match.sites.push_back(SiteId{site});
    for (const auto channel : row.wholes(9)) route.draft.channels.push_back(ChannelId{channel});
    route.draft.proceed = row.boolean(10);
    route.version = row.small(11);
    route.created_at = row.time(12);
    route.updated_at = row.time(13);
    if (!row.is_null(14)) route.draft.escalation = row.id<EscalationId>(14);
    if (!row.is_null(15)) route.draft.reminders = stored_reminders(stored_json(row.text(15)));
    return route;
}

Json present(const Route& route) {
    Json document;
    document["id"] = route.id.text();
    json::add(document, write_route(route.draft));
    document["version"] = route.version;
    document["created_at"] = to_rfc3339(route.created_at);
    document["updated_at"] = to_rfc3339(route.updated_at);
    return document;
}

Route require(db::Tx& tx, RouteId id, std::string_view suffix = "") {
    const auto rows = tx.run_text(fmt::format("{}where r.id = $1{}", kSelect, suffix), {id});
    if (rows.empty()) not_found("there is no such route");
    return read_row(rows[0]);
}

void check(db::Tx& tx, const RouteDraft& draft) {
    json::Problems problems;
    relation::refuse_missing(draft.match.sites, relation::sites(tx, relation::numbers(draft.match.sites)), "/match/sites", "there is no such site", problems);
    relation::refuse_missing(draft.channels, relation::channels(tx, relation::numbers(draft.channels)), "/channels", "there is no such channel", problems);
    relation::refuse_missing_escalation(tx, draft.escalation, problems);
    refuse_if_any(problems);
}

void write(db::Tx& tx, const db::Statement& statement, RouteId id, const RouteDraft& draft) {
    const auto& match = draft.match;
    tx.run(statement, {id, draft.name, draft.position, draft.enabled, match.severities, match.tags, match.events, match.regions,
                       relation::numbers(match.sites), relation::numbers(draft.channels), draft.proceed, draft.escalation, reminders_text(draft.reminders)});
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("routes", 2);
    const auto channel = query.id<ChannelId>("channel_id");
    const auto escalation = query.id<EscalationId>("escalation_id");
    query.finish();
    Conditions conditions;
    if (channel) conditions.add("r.channels @> array[?::bigint]", {*channel});
    if (escalation) conditions.add("r.escalation_id = ?", {*escalation});
    if (page.after) conditions.add("(r.position, r.id) > (?::integer, ?)", {page.after->whole(0), page.after->whole(1)});
    const auto limit = conditions.bind(page.fetch());
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        return tx.run_text(fmt::format("{}{} order by r.position, r.id limit {}", kSelect, conditions.where(), limit), conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(read_row(row)));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        const auto row = rows[static_cast<int>(i)];
        return std::vector<Cursor::Value>{row.whole(2), row.whole(0)};
    });
}

http::Response create(Backend& backend, const Call& call) {
    Query(call.request).finish();
    json::Problems problems;
    const auto draft = read_route(read_body(call), "", problems);
    refuse_if_any(problems);
    const auto id = new_id<RouteId>();
    const auto route = call.transact(backend, [&](db::Tx& tx) {
        relation::lock(tx);
        check(tx, draft);
        if (tx.run(kCount)[0].whole(0) >= kMostRoutes) {
            throw http::ProblemError{http::problem::conflict, fmt::format("there are {} routes, the most there may be", kMostRoutes), {}};
        }
        write(tx, kInsert, id, draft);
        return require(tx, id);
    });
    return resource_response(call.request, present(route), route.version, 201).with("Location", "/v1/routes/" + id.text());
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<RouteId>(call, "route_id");
    const auto route = call.transact(backend, [&](db::Tx& tx) { return require(tx, id); });
    return resource_response(call.request, present(route), route.version);
}

http::Response edit(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<RouteId>(call, "route_id");
    const auto body = read_body(call);
    const auto route = call.transact(backend, [&](db::Tx& tx) {
        const auto before = require(tx, id, " for no key update of r");
        check_if_match(call.request, before.version);
        json::Problems problems;
        const bool patch = call.endpoint.method == http::Method::patch;
        const auto draft = read_route(patch ? patched(write_route(before.draft), body) : body, "", problems);
        refuse_if_any(problems);
        if (draft == before.draft) return before;
        check(tx, draft);
        write(tx, kUpdate, id, draft);
        return require(tx, id);
    });
    return resource_response(call.request, present(route), route.version);
}

http::Response remove(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<RouteId>(call, "route_id");
    call.transact(backend, [&](db::Tx& tx) {
        check_if_match(call.request, require(tx, id, " for no key update of r").version);
        tx.run(kRemove, {id});
    });
    return http::Response::empty();
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/routes", Permission::channels_read, list},
        {Method::post, "/v1/routes", Permission::channels_write, create},
        {Method::get, "/v1/routes/{route_id}", Permission::channels_read, read},
        {Method::put, "/v1/routes/{route_id}", Permission::channels_write, edit},
        {Method::patch, "/v1/routes/{route_id}", Permission::channels_write, edit},
        {Method::del, "/v1/routes/{route_id}", Permission::channels_write, remove},
    };
}

}  // namespace sonde::controlplane::route_api

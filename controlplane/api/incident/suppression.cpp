#include "controlplane/api/incident/suppression.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/monitor/dependency_draft.h"

namespace sonde::controlplane::suppression_api {
namespace {

using decision::Cover;
using decision::Node;
using decision::NodeKind;

// In the order of `present`.
constexpr std::string_view kSelect = R"(
    select p.id, p.monitor_id, coalesce(m.name, ''), p.site_id, coalesce(s.name, ''), p.scope, p.cover, p.source_kind, p.source_id, p.root_kind,
           p.root_id, p.since, p.ended_at, p.end_reason
    from suppression p left join monitor m on m.id = p.monitor_id left join site s on s.id = p.site_id )";

Json node_or_null(const db::Row& row, int kind, int id) {
    if (row.is_null(kind) || row.is_null(id)) return nullptr;
    const auto known = from_name<NodeKind>(row.text(kind));
    return known ? write_node({*known, row.whole(id)}) : Json(nullptr);
}

Json present(const db::Row& row) {
    Json document;
    document["monitor_id"] = row.id<MonitorId>(1).text();
    document["monitor_name"] = row.text(2);
    document["site_id"] = row.id<SiteId>(3).text();
    document["site_name"] = row.text(4);
    document["scope"] = row.text(5);
    document["cover"] = row.text(6);
    const bool by_window = row.text(6) == name_of(Cover::maintenance);
    document["window_id"] = by_window ? Json(row.id<WindowId>(8).text()) : Json(nullptr);
    document["source"] = by_window ? Json(nullptr) : node_or_null(row, 7, 8);
    document["root"] = node_or_null(row, 9, 10);
    document["since"] = to_rfc3339(row.time(11));
    document["ended_at"] = instant_or_null(row, 12);
    document["end_reason"] = text_or_null(row, 13);
    return document;
}

http::Response page_of(Backend& backend, const Call& call, const Page& page, Conditions conditions) {
    if (page.after) conditions.add("p.id > ?", {page.after->whole(0)});
    const auto limit = conditions.bind(page.fetch());
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        return tx.run_text(fmt::format("{}{} order by p.id limit {}", kSelect, conditions.where(), limit), conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("suppressions", 1);
    const auto monitor = query.id<MonitorId>("monitor_id");
    const auto site = query.id<SiteId>("site_id");
    const auto window = query.id<WindowId>("window_id");
    const auto cover = query.name<Cover>("cover");
    const auto open = query.boolean("open");
    query.finish();
    Conditions conditions;
    if (monitor) conditions.add("p.monitor_id = ?", {*monitor});
    if (site) conditions.add("p.site_id = ?", {*site});
    if (window) conditions.add("p.cover = 'maintenance' and p.source_id = ?", {*window});
    if (cover) conditions.add("p.cover = ?", {name_of(*cover)});
    if (open) conditions.add("(p.ended_at is null) = ?", {*open});
    return page_of(backend, call, page, std::move(conditions));
}

// Those that were suppressed while the incident lasted, because of one that took part in it.
http::Response affected(Backend& backend, const Call& call) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto page = query.page("affected", 1);
    const auto open = query.boolean("open");
    query.finish();
    constexpr db::Statement exists{"affected_incident", "select 1 from incident where id = $1"};
    if (call.transact(backend, [&](db::Tx& tx) { return tx.run(exists, {id}).empty(); })) not_found("there is no such incident");
    Conditions conditions;
    conditions.add(R"(p.root_id in (select j.monitor_id from incident_monitor j where j.incident_id = ?
                                    union all select i.site_id from incident i where i.id = ?))", {id, id});
    conditions.add(R"(exists (select from incident i where i.id = ? and p.since < coalesce(i.resolved_at, 'infinity')
                              and coalesce(p.ended_at, 'infinity') >= i.failing_since))", {id});
    if (open) conditions.add("(p.ended_at is null) = ?", {*open});
    return page_of(backend, call, page, std::move(conditions));
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/suppressions", Permission::incidents_read, list},
        {Method::get, "/v1/incidents/{incident_id}/affected", Permission::incidents_read, affected},
    };
}

}  // namespace sonde::controlplane::suppression_api

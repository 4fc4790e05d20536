#include "controlplane/api/incident.h"

#include <fmt/format.h>

#include "controlplane/api/delivery.h"
#include "controlplane/api/explain.h"
#include "controlplane/api/incident_store.h"
#include "controlplane/api/precondition.h"
#include "controlplane/api/query.h"
#include "controlplane/api/stored.h"
#include "lib/decision/definition.h"

namespace sonde::controlplane {

enum class IncidentState : unsigned char { open, acknowledged, resolved };
enum class IncidentScope : unsigned char { outage, warning };

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::IncidentState> {
    static constexpr std::array<std::string_view, 3> names{"open", "acknowledged", "resolved"};
};

template <>
struct sonde::EnumNames<sonde::controlplane::IncidentScope> {
    static constexpr std::array<std::string_view, 2> names{"outage", "warning"};
};

namespace sonde::controlplane {
namespace {

constexpr std::string_view kNoIncident = "there is no such incident";

constexpr std::string_view kTimeline = R"(
    select seq, at, kind, actor, monitor_id, reason, data from incident_event where incident_id = $1 and seq > $2 order by seq limit $3)";

Incident require(std::optional<Incident> incident) {
    if (!incident) not_found(kNoIncident);
    return std::move(*incident);
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("incidents", 1);
    const auto state = query.name<IncidentState>("state");
    const auto scope = query.name<IncidentScope>("scope");
    const auto site = query.id<SiteId>("site_id");
    const auto monitor = query.id<MonitorId>("monitor_id");
    const auto severity = query.name<decision::Severity>("severity");
    const auto assigned = query.text("assigned_to");
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    if (from && to && *from >= *to) query.refuse("to", "must be after `from`");
    query.finish();
    Conditions conditions;
    if (state) conditions.add("i.state = ?", {name_of(*state)});
    if (scope) conditions.add("i.scope = ?", {name_of(*scope)});
    if (site) conditions.add("i.site_id = ?", {*site});
    if (monitor) conditions.add("i.id in (select incident_id from incident_monitor where monitor_id = ?)", {*monitor});
    if (severity) conditions.add("i.severity = ?", {name_of(*severity)});
    if (assigned) conditions.add("i.assigned_to = ?", {*assigned});
    if (from) conditions.add("i.opened_at >= ?::timestamptz", {*from});
    if (to) conditions.add("i.opened_at < ?::timestamptz", {*to});
    if (page.after) conditions.add("i.id < ?", {page.after->whole(0)});
    auto incidents = backend.pool.transact([&](db::Tx& tx) { return incident_store::list(tx, conditions, page.fetch()); });
    std::vector<Json> items;
    for (auto& incident : incidents) items.push_back(std::move(incident.document));
    return page_response(call.request, page, std::move(items),
                         [&incidents](std::size_t i) { return std::vector<Cursor::Value>{incidents[i].id.value()}; });
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    const auto incident = require(backend.pool.transact([&](db::Tx& tx) { return incident_store::find(tx, id); }));
    return resource_response(call.request, incident.document, incident.version);
}

Json present_event(const db::Row& row) {
    Json document;
    document["seq"] = row.whole(0);
    document["at"] = to_rfc3339(row.time(1));
    document["kind"] = row.text(2);
    document["actor"] = row.text(3);
    document["monitor_id"] = row.is_null(4) ? Json(nullptr) : Json(row.id<MonitorId>(4).text());
    document["reason"] = row.text(5);
    document["data"] = stored_json(row.text(6));
    return document;
}

http::Response timeline(Backend& backend, const Call& call) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto page = query.page("timeline", 1);
    query.finish();
    const auto rows = backend.pool.transact([&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found(kNoIncident);
        return tx.run_text(kTimeline, {id, page.after ? page.after->whole(0) : 0, page.fetch()});
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present_event(row));
    return page_response(call.request, page, std::move(items),
                         [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

http::Response deliveries(Backend& backend, const Call& call) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto page = query.page("incident_deliveries", 1);
    query.finish();
    return backend.pool.transact([&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found(kNoIncident);
        return list_deliveries(tx, call.request, page, "d.incident_id = ?", id.value());
    });
}

http::Response explain(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    return http::Response::json(
        backend.pool.transact([&](db::Tx& tx) { return explain_incident(tx, require(incident_store::find(tx, id))); }));
}

}  // namespace

Endpoints incident_endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/incidents", Role::viewer, list},
        {Method::get, "/v1/incidents/{incident_id}", Role::viewer, read},
        {Method::get, "/v1/incidents/{incident_id}/timeline", Role::viewer, timeline},
        {Method::get, "/v1/incidents/{incident_id}/explain", Role::viewer, explain},
        {Method::get, "/v1/incidents/{incident_id}/deliveries", Role::viewer, deliveries},
    };
}

}  // namespace sonde::controlplane

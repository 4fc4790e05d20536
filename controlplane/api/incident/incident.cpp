#include "controlplane/api/incident/incident.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/precondition.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/incident/explain.h"
#include "controlplane/api/incident/incident_store.h"
#include "controlplane/api/notify/delivery.h"
#include "lib/decision/definition.h"

namespace sonde::controlplane::incident_api {

enum class IncidentState : unsigned char { open, acknowledged, resolved };
enum class IncidentScope : unsigned char { outage, warning };

}  // namespace sonde::controlplane::incident_api

template <>
struct sonde::EnumNames<sonde::controlplane::incident_api::IncidentState> {
    static constexpr std::array<std::string_view, 3> names{"open", "acknowledged", "resolved"};
};

template <>
struct sonde::EnumNames<sonde::controlplane::incident_api::IncidentScope> {
    static constexpr std::array<std::string_view, 2> names{"outage", "warning"};
};

namespace sonde::controlplane::incident_api {
namespace {

// All that an item of the list has.
constexpr std::array<std::string_view, 26> kMembers{"id", "site_id", "site_name", "scope", "state", "severity", "worst_severity", "severity_pinned", "title", "seq",
                                                    "failing_since", "opened_at", "opened_by", "auto_resolve", "assigned_to", "acknowledged_at", "acknowledged_by",
                                                    "resolved_at", "resolved_by", "reopened_at", "reopened", "public_status", "monitors", "groups", "affected", "version"};

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
    const auto fields = query.fields(kMembers);
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
    auto incidents = call.transact(backend, [&](db::Tx& tx) { return incident_store::list(tx, conditions, page.fetch()); });
    std::vector<Json> items;
    for (auto& incident : incidents) items.push_back(fields.of(std::move(incident.document)));
    return page_response(call.request, page, std::move(items),
                         [&incidents](std::size_t i) { return std::vector<Cursor::Value>{incidents[i].id.value()}; });
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    const auto incident = require(call.transact(backend, [&](db::Tx& tx) { return incident_store::find(tx, id); }));
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
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
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
    return call.transact(backend, [&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found(kNoIncident);
        return list_deliveries(tx, call.request, page, "d.incident_id = ?", id.value());
    });
}

http::Response explain(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    return http::Response::json(
        call.transact(backend, [&](db::Tx& tx) { return explain_incident(tx, require(incident_store::find(tx, id))); }));
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/incidents", Permission::incidents_read, list},
        {Method::get, "/v1/incidents/{incident_id}", Permission::incidents_read, read},
        {Method::get, "/v1/incidents/{incident_id}/timeline", Permission::incidents_read, timeline},
        {Method::get, "/v1/incidents/{incident_id}/explain", Permission::incidents_read, explain},
        {Method::get, "/v1/incidents/{incident_id}/deliveries", Permission::incidents_read, deliveries},
    };
}

}  // namespace sonde::controlplane::incident_api

#include "controlplane/api/incident/incident_store.h"

#include <fmt/format.h>

#include <unordered_map>

#include "controlplane/api/endpoint/stored.h"
#include "lib/base/relation_id.h"

namespace sonde::controlplane::incident_store {
namespace {

// In the order of `read`.
constexpr std::string_view kSelect = R"(
    select i.id, i.site_id, s.name, i.scope, i.state, i.severity, i.title, i.seq, i.failing_since, i.opened_at, i.acknowledged_at,
           i.acknowledged_by, i.resolved_at, i.resolved_by, i.version, i.worst_severity, i.severity_pinned, i.opened_by, i.auto_resolve,
           i.assigned_to, i.reopened_at, i.reopened,
           (select u.status from incident_update u where u.incident_id = i.id and u.deleted_at is null order by u.number desc limit 1),
           i.affected_monitors, i.affected_sites
    from incident i join site s on s.id = i.site_id )";

constexpr db::Statement kExists{"incident_exists", "select 1 from incident where id = $1"};

constexpr db::Statement kMonitors{"incident_monitors", R"(
    select j.incident_id, j.monitor_id, coalesce(m.name, g.name), j.cause, j.joined_at, j.left_at, j.severity, j.regions, j.named, j.is_group
    from incident_monitor j left join monitor m on m.id = j.monitor_id and not j.is_group
    left join monitor_group g on g.id = j.monitor_id and j.is_group
    where j.incident_id = any($1::bigint[]) order by j.incident_id, j.joined_at, j.monitor_id)"};

Incident read(const db::Row& row) {
    Incident incident;
    incident.id = row.id<IncidentId>(0);
    incident.version = row.small(14);
    incident.failing_since = row.time(8);
    incident.opened_at = row.time(9);
    incident.resolved_at = row.maybe(12, &db::Row::time);
    incident.state = row.text(4);
    incident.title = row.text(6);
    auto& document = incident.document;
    document["id"] = incident.id.text();
    document["site_id"] = row.id<SiteId>(1).text();
    document["site_name"] = row.text(2);
    document["scope"] = row.text(3);
    document["state"] = incident.state;
    document["severity"] = row.text(5);
    document["worst_severity"] = row.text(15);
    document["severity_pinned"] = row.boolean(16);
    document["title"] = incident.title;
    document["seq"] = row.whole(7);
    document["failing_since"] = to_rfc3339(incident.failing_since);
    document["opened_at"] = to_rfc3339(incident.opened_at);
    document["opened_by"] = row.text(17);
    document["auto_resolve"] = row.boolean(18);
    document["assigned_to"] = text_or_null(row, 19);
    document["acknowledged_at"] = instant_or_null(row, 10);
    document["acknowledged_by"] = text_or_null(row, 11);
    document["resolved_at"] = instant_or_null(row, 12);
    document["resolved_by"] = text_or_null(row, 13);
    document["reopened_at"] = instant_or_null(row, 20);
    document["reopened"] = row.small(21);
    document["public_status"] = text_or_null(row, 22);
    document["monitors"] = Json::array();
    document["groups"] = Json::array();
    document["affected"] = {{"monitors", row.small(23)}, {"sites", row.small(24)}};
    document["version"] = incident.version;
    return incident;
}

Json present_member(const db::Row& row, bool is_group) {
    Json document;
    document["id"] = is_group ? row.id<GroupId>(1).text() : row.id<MonitorId>(1).text();
    document["name"] = row.is_null(2) ? "" : std::string(row.text(2));
    document["cause"] = row.text(3);
    document["joined_at"] = to_rfc3339(row.time(4));
    document["left_at"] = instant_or_null(row, 5);
    document["severity"] = row.text(6);
    if (is_group) return document;
    document["regions"] = row.texts(7);
    document["named"] = row.boolean(8);
    return document;
}

}  // namespace

bool exists(db::Tx& tx, IncidentId id) { return !tx.run(kExists, {id}).empty(); }

std::optional<Incident> find(db::Tx& tx, IncidentId id) {
    Conditions conditions;
    conditions.add("i.id = ?", {id});
    auto found = list(tx, std::move(conditions), 1);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<Incident> list(db::Tx& tx, Conditions conditions, int limit) {
    const auto bound = conditions.bind(limit);
    const auto sql = fmt::format("{}{} order by i.id desc limit {}", kSelect, conditions.where(), bound);
    std::vector<Incident> incidents;
    std::vector<std::int64_t> ids;
    std::unordered_map<std::int64_t, std::size_t> place;
    for (const auto row : tx.run_text(sql, conditions.params())) {
        place[row.whole(0)] = incidents.size();
        ids.push_back(row.whole(0));
        incidents.push_back(read(row));
    }
    if (ids.empty()) return incidents;
    for (const auto row : tx.run(kMonitors, {ids})) {
        auto& incident = incidents[place.at(row.whole(0))];
        const bool is_group = row.boolean(9);
        if (!is_group) incident.monitors.push_back(row.id<MonitorId>(1));
        incident.document[is_group ? "groups" : "monitors"].push_back(present_member(row, is_group));
    }
    return incidents;
}

}  // namespace sonde::controlplane::incident_store

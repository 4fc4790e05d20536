// Incidents as the database has them, with members, public updates and postmortem.
#include "incident-engine/catalog.h"

namespace sonde::engine::catalog {
namespace {

#define SONDE_INCIDENT_COLUMNS                                                                                                     \
    "select i.id, i.site_id, i.scope, i.state, i.severity, i.title, i.seq, i.version, i.failing_since, i.opened_at, "              \
    "i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolved_by, i.worst_severity, i.severity_pinned, i.opened_by, "       \
    "i.auto_resolve, i.assigned_to, i.reopened_at, i.reopened, i.affected_monitors, i.affected_sites from incident i "
#define SONDE_MEMBER_COLUMNS                                                                                                       \
    "select j.incident_id, j.monitor_id, coalesce(m.name, g.name, ''), j.cause, j.joined_at, j.left_at, j.severity, j.regions, "    \
    "j.named, j.told_cause, j.told_at, j.cause_changes, j.is_group "                                                               \
    "from incident_monitor j join incident i on i.id = j.incident_id left join monitor m on m.id = j.monitor_id and not j.is_group " \
    "left join monitor_group g on g.id = j.monitor_id and j.is_group "
#define SONDE_UPDATE_COLUMNS                                                                                                  \
    "select u.incident_id, u.number, u.status, u.body, u.author, u.at, u.edited_at, u.deleted_at from incident_update u "     \
    "join incident i on i.id = u.incident_id "
#define SONDE_POSTMORTEM_COLUMNS                                                                                              \
    "select distinct on (p.incident_id) p.incident_id, p.version, p.body, p.root_cause, p.published, p.author, p.at "         \
    "from incident_postmortem p join incident i on i.id = p.incident_id "
#define SONDE_OPEN_OF_SHARD "where i.shard = $1 and i.state <> 'resolved' "
#define SONDE_ONE "where i.id = $1 "

struct Statements {
    db::Statement incidents, members, updates, postmortems;
};

constexpr Statements kOpenOfShard{
    {"engine_open_incidents", SONDE_INCIDENT_COLUMNS SONDE_OPEN_OF_SHARD},
    {"engine_open_members", SONDE_MEMBER_COLUMNS SONDE_OPEN_OF_SHARD "order by j.joined_at, j.monitor_id"},
    {"engine_open_updates", SONDE_UPDATE_COLUMNS SONDE_OPEN_OF_SHARD "order by u.incident_id, u.number"},
    {"engine_open_postmortems", SONDE_POSTMORTEM_COLUMNS SONDE_OPEN_OF_SHARD "order by p.incident_id, p.version desc"}};
constexpr Statements kOne{
    {"engine_incident", SONDE_INCIDENT_COLUMNS SONDE_ONE},
    {"engine_members", SONDE_MEMBER_COLUMNS SONDE_ONE "order by j.joined_at, j.monitor_id"},
    {"engine_updates", SONDE_UPDATE_COLUMNS SONDE_ONE "order by u.number"},
    {"engine_postmortem", SONDE_POSTMORTEM_COLUMNS SONDE_ONE "order by p.incident_id, p.version desc"}};

constexpr db::Statement kGone{"engine_gone_sites", "select id from site where id = any($1::bigint[]) and deleted_at is not null"};

#undef SONDE_INCIDENT_COLUMNS
#undef SONDE_MEMBER_COLUMNS
#undef SONDE_UPDATE_COLUMNS
#undef SONDE_POSTMORTEM_COLUMNS
#undef SONDE_OPEN_OF_SHARD
#undef SONDE_ONE

decision::Severity severity_in(const db::Row& row, int column) {
    return from_name<decision::Severity>(row.text(column)).value_or(decision::Severity::critical);
}

check::FailureClass class_in(const db::Row& row, int column) {
    return from_name<check::FailureClass>(row.text(column)).value_or(check::FailureClass::none);
}

decision::Incident incident_of(const db::Row& row) {
    decision::Incident incident;
    incident.id = row.id<IncidentId>(0);
    incident.site = row.id<SiteId>(1);
    incident.scope = from_name<decision::Scope>(row.text(2)).value();
    incident.state = from_name<decision::IncidentState>(row.text(3)).value();
    incident.severity = severity_in(row, 4);
    incident.title = row.text(5);
    incident.seq = row.whole(6);
    incident.version = row.small(7);
    incident.failing_since = row.time(8);
    incident.opened_at = row.time(9);
    incident.acknowledged_at = row.maybe(10, &db::Row::time);
    if (!row.is_null(11)) incident.acknowledged_by = row.text(11);
    incident.resolved_at = row.maybe(12, &db::Row::time);
    if (!row.is_null(13)) incident.resolved_by = row.text(13);
    incident.worst_severity = severity_in(row, 14);
    incident.severity_pinned = row.boolean(15);
    incident.opened_by = row.text(16);
    incident.auto_resolve = row.boolean(17);
    if (!row.is_null(18)) incident.assigned_to = row.text(18);
    incident.reopened_at = row.maybe(19, &db::Row::time);
    incident.reopened = row.small(20);
    incident.affected_monitors = row.small(21);
    incident.affected_sites = row.small(22);
    return incident;
}

decision::Member member_of(const db::Row& row) {
    return {.monitor = row.id<MonitorId>(1), .name = std::string(row.text(2)), .cause = class_in(row, 3), .joined_at = row.time(4),
            .left_at = row.maybe(5, &db::Row::time), .severity = severity_in(row, 6), .regions = row.texts(7), .named = row.boolean(8),
            .told = {class_in(row, 9), row.time(10), row.small(11)}, .is_group = row.boolean(12)};
}

decision::PublicUpdate update_of(const db::Row& row) {
    return {row.small(1), from_name<decision::PublicStatus>(row.text(2)).value_or(decision::PublicStatus::investigating), std::string(row.text(3)),
            std::string(row.text(4)), row.time(5), row.maybe(6, &db::Row::time), row.maybe(7, &db::Row::time)};
}

decision::Postmortem postmortem_of(const db::Row& row) {
    return {row.small(1), std::string(row.text(2)), std::string(row.text(3)), row.boolean(4), std::string(row.text(5)), row.time(6)};
}

std::unordered_map<IncidentId, decision::Incident> load(db::Tx& tx, const Statements& statements, const db::Param& which) {
    std::unordered_map<IncidentId, decision::Incident> incidents;
    for (const auto row : tx.run(statements.incidents, {which})) {
        auto incident = incident_of(row);
        incidents.emplace(incident.id, std::move(incident));
    }
    if (incidents.empty()) return incidents;
    for (const auto row : tx.run(statements.members, {which})) incidents.at(row.id<IncidentId>(0)).members.push_back(member_of(row));
    for (const auto row : tx.run(statements.updates, {which})) incidents.at(row.id<IncidentId>(0)).updates.push_back(update_of(row));
    for (const auto row : tx.run(statements.postmortems, {which})) incidents.at(row.id<IncidentId>(0)).postmortem = postmortem_of(row);
    return incidents;
}

}  // namespace

// The incident says who takes part in it, not the state: a state that had to begin anew must be able to leave it.
void load_incidents(db::Tx& tx, int shard, Holdings& holdings, Loaded& loaded) {
    std::vector<std::int64_t> sites;
    for (auto& [id, incident] : load(tx, kOpenOfShard, shard)) {
        for (const auto& member : incident.members) {
            if (member.left_at || member.is_group) continue;  // of groups: relations_store
            const auto held = holdings.monitors.find(member.monitor);
            if (held == holdings.monitors.end()) {
                loaded.orphans.push_back({incident.site, incident.scope, member.monitor});
            } else if (!member.named) {
                (incident.scope == decision::Scope::outage ? held->second.state.in_outage : held->second.state.in_warning) = true;
            }
        }
        sites.push_back(incident.site.value());
        auto& site = holdings.sites[incident.site];
        site.shard = shard;
        const auto scope = static_cast<std::size_t>(incident.scope);
        site.open[scope] = std::make_unique<const decision::Incident>(std::move(incident));
    }
    loaded.gone = gone_sites(tx, sites, holdings);
}

std::vector<SiteId> gone_sites(db::Tx& tx, const std::vector<std::int64_t>& sites, const Holdings& holdings) {
    std::vector<std::int64_t> open;
    for (const auto site : sites) {
        const auto held = holdings.sites.find(SiteId{site});
        if (held != holdings.sites.end() && (held->second.open[0] || held->second.open[1])) open.push_back(site);
    }
    std::vector<SiteId> gone;
    if (open.empty()) return gone;
    for (const auto row : tx.run(kGone, {open})) gone.push_back(row.id<SiteId>(0));
    return gone;
}

std::optional<decision::Incident> load_incident(db::Tx& tx, IncidentId id) {
    auto found = load(tx, kOne, id);
    if (found.empty()) return std::nullopt;
    return std::move(found.begin()->second);
}

}  // namespace sonde::engine::catalog

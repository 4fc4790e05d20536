#include "incident-engine/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/json/json.h"
#include "lib/check/spec.h"
#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::engine::catalog {
namespace {

constexpr db::Statement kRegions{"region_all", "select id, name, failure_domain from region"};

#define SONDE_DEFINITION_COLUMNS                                                                                              \
    "m.id, m.site_id, m.shard, m.name, m.interval_ms, m.timeout_ms, m.regions, m.placement, m.policy::text, m.severity, "     \
    "m.enabled, m.paused, m.deleted_at is not null, hashtextextended(m.spec::text, 0), s.name, s.active, s.deleted_at is not null, " \
    "case when m.kind = 'heartbeat' then m.spec::text end, m.tags || s.tags"

constexpr db::Statement kRemote{"engine_remote", "select " SONDE_DEFINITION_COLUMNS R"sql(, st.core
from monitor m join site s on s.id = m.site_id left join monitor_state st on st.monitor_id = m.id
where m.id = any($1::bigint[]) and m.deleted_at is null and s.deleted_at is null)sql"};

constexpr db::Statement kShard{"engine_shard", "select " SONDE_DEFINITION_COLUMNS R"sql(, st.core, st.since
from monitor m join site s on s.id = m.site_id left join monitor_state st on st.monitor_id = m.id
where m.shard = $1 and ((m.deleted_at is null and s.deleted_at is null) or st.monitor_id is not null))sql"};

constexpr db::Statement kRefresh{"engine_refresh", "select " SONDE_DEFINITION_COLUMNS R"sql(
from monitor m join site s on s.id = m.site_id
where m.shard = any($3::smallint[]) and (m.id = any($1::bigint[]) or m.site_id = any($2::bigint[])))sql"};

#undef SONDE_DEFINITION_COLUMNS

#define SONDE_INCIDENT_COLUMNS                                                                                                     \
    "select i.id, i.site_id, i.scope, i.state, i.severity, i.title, i.seq, i.version, i.failing_since, i.opened_at, "              \
    "i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolved_by, i.affected_monitors, i.affected_sites from incident i "
#define SONDE_MEMBER_COLUMNS \
    "select j.incident_id, j.monitor_id, coalesce(m.name, g.name, ''), j.cause, j.joined_at, j.left_at, j.is_group "               \
    "from incident_monitor j join incident i on i.id = j.incident_id left join monitor m on m.id = j.monitor_id and not j.is_group " \
    "left join monitor_group g on g.id = j.monitor_id and j.is_group "

constexpr db::Statement kOpenIncidents{"engine_open_incidents", SONDE_INCIDENT_COLUMNS "where i.shard = $1 and i.state <> 'resolved'"};
constexpr db::Statement kOpenMembers{"engine_open_members", SONDE_MEMBER_COLUMNS
                                     "where i.shard = $1 and i.state <> 'resolved' order by j.joined_at, j.monitor_id"};
constexpr db::Statement kIncident{"engine_incident", SONDE_INCIDENT_COLUMNS "where i.id = $1"};
constexpr db::Statement kMembers{"engine_members", SONDE_MEMBER_COLUMNS "where i.id = $1 order by j.joined_at, j.monitor_id"};

#undef SONDE_INCIDENT_COLUMNS
#undef SONDE_MEMBER_COLUMNS

constexpr db::Statement kHorizon{"change_horizon", "select pg_snapshot_xmin(pg_current_snapshot())::text"};
constexpr db::Statement kChanges{"change_since", R"sql(
select xid::text, entity, entity_id, pg_snapshot_xmin(pg_current_snapshot())::text
from change where xid >= $1::text::xid8 and entity in ('monitor', 'site', 'region', 'maintenance', 'dependency', 'monitor_group', 'monitor_state', 'suppression'))sql"};

decision::Activity activity_of(const db::Row& row) {
    if (row.boolean(16)) return decision::Activity::site_deleted;
    if (row.boolean(12)) return decision::Activity::deleted;
    if (!row.boolean(15)) return decision::Activity::site_inactive;
    if (!row.boolean(10)) return decision::Activity::disabled;
    if (row.boolean(11)) return decision::Activity::paused;
    return decision::Activity::active;
}

// A stored policy was validated by the API. One that is not what this program knows counts by the defaults, and the log says so.
check::Policy policy_of(const db::Row& row) {
    json::Problems problems;
    const auto document = json::parse(row.text(8));
    if (document) {
        const auto policy = check::read_policy(*document, "", problems);
        if (problems.empty()) return policy;
    }
    log::warning("policy_unreadable", "monitor", row.id<MonitorId>(0).text(), "using", "defaults");
    return {};
}

// As `policy_of`: a spec that cannot be read is one of whose silence nothing is known, and the log says so.
check::HeartbeatSpec heartbeat_of(const db::Row& row) {
    if (const auto document = json::parse(row.text(17))) {
        const auto spec = check::read_spec(check::Kind::heartbeat, *document, "");
        if (spec) return std::get<check::HeartbeatSpec>(*spec);
    }
    log::error("heartbeat_unreadable", "monitor", row.id<MonitorId>(0).text(), "effect", "it is never found late");
    check::HeartbeatSpec never;
    never.period = std::chrono::hours{24 * 366 * 100};
    return never;
}

decision::Definition definition_of(const db::Row& row, const Regions& regions) {
    decision::Definition definition;
    definition.monitor = row.id<MonitorId>(0);
    definition.site = row.id<SiteId>(1);
    definition.name = row.text(3);
    definition.interval = milliseconds{row.whole(4)};
    definition.timeout = milliseconds{row.whole(5)};
    definition.rotates = row.text(7) == "rotate";
    definition.policy = policy_of(row);
    definition.severity = from_name<decision::Severity>(row.text(9)).value_or(decision::Severity::critical);
    definition.spec_hash = static_cast<std::uint64_t>(row.whole(13));
    if (definition.spec_hash == 0) definition.spec_hash = 1;  // 0 is for a state that knows no spec yet
    definition.site_name = row.text(14);
    definition.activity = activity_of(row);
    if (!row.is_null(17)) {
        definition.heartbeat = heartbeat_of(row);
        const std::string name(message::subject::push_region);
        definition.voters.push_back({decision::kPushRegion, name, name, 0});
        decision::arrange_voters(definition);
        return definition;
    }
    const auto names = row.texts(6);
    for (const auto& [id, region] : regions.all()) {
        const bool checks = names.empty() || std::find(names.begin(), names.end(), region.name) != names.end();
        if (checks) definition.voters.push_back({id, region.name, region.domain, 0});
    }
    decision::arrange_voters(definition);
    return definition;
}

void hold_site(const decision::Definition& definition, int shard, Holdings& holdings) {
    auto& site = holdings.sites[definition.site];
    site.name = definition.site_name;
    site.shard = shard;
}

decision::Incident incident_of(const db::Row& row) {
    decision::Incident incident;
    incident.id = row.id<IncidentId>(0);
    incident.site = row.id<SiteId>(1);
    incident.scope = from_name<decision::Scope>(row.text(2)).value();
    incident.state = from_name<decision::IncidentState>(row.text(3)).value();
    incident.severity = from_name<decision::Severity>(row.text(4)).value();
    incident.title = row.text(5);
    incident.seq = row.whole(6);
    incident.version = row.small(7);
    incident.failing_since = row.time(8);
    incident.opened_at = row.time(9);
    incident.acknowledged_at = row.maybe(10, &db::Row::time);
    if (!row.is_null(11)) incident.acknowledged_by = row.text(11);
    incident.resolved_at = row.maybe(12, &db::Row::time);
    if (!row.is_null(13)) incident.resolved_by = row.text(13);
    incident.affected_monitors = row.small(14);
    incident.affected_sites = row.small(15);
    return incident;
}

decision::Member member_of(const db::Row& row) {
    return {row.id<MonitorId>(1), std::string(row.text(2)),
            from_name<check::FailureClass>(row.text(3)).value_or(check::FailureClass::none), row.time(4), row.maybe(5, &db::Row::time),
            row.boolean(6)};
}

decision::MonitorState state_of(const db::Row& row, TimePoint now, MonitorId monitor, Loaded& loaded) {
    if (row.is_null(19)) return decision::first_state(now);
    auto state = decision::read_state(row.text(19));
    if (state) return *std::move(state);
    log::error("state_unreadable", "monitor", monitor.text(), "error", state.error().message);
    loaded.unreadable.push_back(monitor);
    return decision::first_state(now);
}

// The incident says who takes part in it, not the state: a state that had to begin anew must be able to leave it.
void load_incidents(db::Tx& tx, int shard, Holdings& holdings, Loaded& loaded) {
    std::unordered_map<IncidentId, decision::Incident> incidents;
    for (const auto row : tx.run(kOpenIncidents, {shard})) {
        auto incident = incident_of(row);
        incidents.emplace(incident.id, std::move(incident));
    }
    for (const auto row : tx.run(kOpenMembers, {shard})) {
        auto& incident = incidents.at(row.id<IncidentId>(0));
        incident.members.push_back(member_of(row));
        if (incident.members.back().left_at || incident.members.back().is_group) continue;  // of groups: relations_store
        const auto held = holdings.monitors.find(incident.members.back().monitor);
        if (held == holdings.monitors.end()) {
            loaded.orphans.push_back({incident.site, incident.scope, incident.members.back().monitor});
        } else {
            (incident.scope == decision::Scope::outage ? held->second.state.in_outage : held->second.state.in_warning) = true;
        }
    }
    for (auto& [id, incident] : incidents) {
        auto& site = holdings.sites[incident.site];
        site.shard = shard;
        site.open[static_cast<std::size_t>(incident.scope)] = std::move(incident);
    }
}

}  // namespace

void load_regions(db::Tx& tx, Regions& regions) {
    regions.clear();
    for (const auto row : tx.run(kRegions)) {
        regions.put(static_cast<decision::RegionId>(row.small(0)), {std::string(row.text(1)), std::string(row.text(2))});
    }
}

Loaded load_shard(db::Tx& tx, int shard, TimePoint now, Holdings& holdings) {
    holdings.drop(shard);
    Loaded loaded;
    for (const auto row : tx.run(kShard, {shard})) {
        Watched watched;
        watched.definition = definition_of(row, holdings.regions);
        const auto monitor = watched.definition.monitor;
        watched.shard = shard;
        watched.stored = !row.is_null(19);
        watched.tags = row.texts(18);
        watched.state = state_of(row, now, monitor, loaded);
        hold_site(watched.definition, shard, holdings);
        holdings.note_muting(monitor, watched.state);
        holdings.monitors.insert_or_assign(monitor, std::move(watched));
        loaded.monitors.push_back(monitor);
    }
    load_incidents(tx, shard, holdings, loaded);
    return loaded;
}

std::vector<MonitorId> refresh(db::Tx& tx, const std::vector<std::int64_t>& monitors, const std::vector<std::int64_t>& sites,
                               const std::vector<int>& shards, TimePoint now, Holdings& holdings) {
    std::vector<MonitorId> held;
    for (const auto row : tx.run(kRefresh, {monitors, sites, shards})) {
        auto definition = definition_of(row, holdings.regions);
        const auto monitor = definition.monitor;
        const int shard = row.small(2);
        const bool gone = definition.activity == decision::Activity::deleted || definition.activity == decision::Activity::site_deleted;
        auto found = holdings.monitors.find(monitor);
        if (found == holdings.monitors.end()) {
            if (gone) continue;
            found = holdings.monitors.emplace(monitor, Watched{}).first;
            found->second.state = decision::first_state(now);
            found->second.shard = shard;
        }
        hold_site(definition, shard, holdings);
        found->second.definition = std::move(definition);
        found->second.tags = row.texts(18);
        held.push_back(monitor);
    }
    return held;
}

std::unordered_map<MonitorId, Watched> load_remote(db::Tx& tx, const std::vector<std::int64_t>& monitors, const Regions& regions, TimePoint now) {
    std::unordered_map<MonitorId, Watched> remote;
    Loaded loaded;
    for (const auto row : tx.run(kRemote, {monitors})) {
        Watched watched;
        watched.definition = definition_of(row, regions);
        watched.shard = row.small(2);
        watched.state = state_of(row, now, watched.definition.monitor, loaded);
        remote.emplace(watched.definition.monitor, std::move(watched));
    }
    return remote;
}

std::optional<decision::Incident> load_incident(db::Tx& tx, IncidentId id) {
    const auto rows = tx.run(kIncident, {id});
    if (rows.empty()) return std::nullopt;
    auto incident = incident_of(rows[0]);
    for (const auto row : tx.run(kMembers, {id})) incident.members.push_back(member_of(row));
    return incident;
}

void Changes::begin(db::Tx& tx) {
    from_ = tx.run(kHorizon)[0].text(0);
    known_.clear();
}

Changes::Seen Changes::read(db::Tx& tx) {
    Seen seen;
    std::unordered_set<std::string> known;
    auto next = from_;
    for (const auto row : tx.run(kChanges, {from_})) {
        auto key = fmt::format("{} {} {}", row.text(0), row.text(1), row.text(2));
        next = row.text(3);
        if (known_.find(key) == known_.end()) {
            if (row.text(1) == "region") seen.regions = true;
            if (row.text(1) == "maintenance") seen.windows = true;
            if (row.text(1) == "dependency" || row.text(1) == "monitor_group") seen.relations = true;
            if (row.text(1) == "suppression") seen.radius = true;
            if (row.text(1) == "monitor_state") seen.states.push_back(row.whole(2));
            if (row.text(1) == "monitor") seen.monitors.push_back(row.whole(2));
            if (row.text(1) == "site") seen.sites.push_back(row.whole(2));
        }
        known.insert(std::move(key));
    }
    from_ = std::move(next);
    known_ = std::move(known);
    return seen;
}

}  // namespace sonde::engine::catalog

#include "incident-engine/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "incident-engine/expiry_store.h"
#include "lib/json/json.h"
#include "lib/check/spec.h"
#include "lib/log/log.h"
#include "lib/message/subject.h"

namespace sonde::engine::catalog {
namespace {

constexpr db::Statement kRegions{"region_all", R"sql(
select r.id, r.name, r.failure_domain, r.anchors, h.health, h.ground, h.since, h.doubtful_since
from region r left join region_health h on h.region_id = r.id)sql"};

#define SONDE_DEFINITION_COLUMNS                                                                                              \
    "m.id, m.site_id, m.shard, m.name, m.interval_ms, m.timeout_ms, m.regions, m.placement, m.policy::text, m.severity, "     \
    "m.enabled, m.paused, m.deleted_at is not null, m.spec_hash, s.name, s.active, s.deleted_at is not null, "                 \
    "case when m.kind = 'heartbeat' then m.spec::text end, m.version, m.tags || s.tags"

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

constexpr db::Statement kHorizon{"change_horizon", "select pg_snapshot_xmin(pg_current_snapshot())::text"};
constexpr db::Statement kChanges{"change_since", R"sql(
select xid::text, entity, entity_id, pg_snapshot_xmin(pg_current_snapshot())::text
from change where xid >= $1::text::xid8
 and entity in ('monitor', 'site', 'region', 'region_health', 'maintenance', 'dependency', 'monitor_group', 'monitor_state', 'suppression'))sql"};

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

// Most monitors have one and the same policy. For the rows of one answer, which hold the texts.
class Policies {
public:
    const check::Policy& of(const db::Row& row) {
        const auto found = known_.find(row.text(8));
        return found != known_.end() ? found->second : known_.emplace(row.text(8), policy_of(row)).first->second;
    }

private:
    std::unordered_map<std::string_view, check::Policy> known_;
};

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

decision::RegionCase health_of(const db::Row& row) {
    decision::RegionCase region;
    if (row.is_null(4)) return region;
    region.health = from_name<decision::Health>(row.text(4)).value_or(decision::Health::voting);
    region.ground = from_name<decision::Ground>(row.text(5)).value_or(decision::Ground::none);
    region.since = row.time(6);
    region.doubtful_since = row.time(7);
    return region;
}

decision::Definition definition_of(const db::Row& row, const Regions& regions, Policies& policies) {
    decision::Definition definition;
    definition.monitor = row.id<MonitorId>(0);
    definition.site = row.id<SiteId>(1);
    definition.name = row.text(3);
    definition.interval = milliseconds{row.whole(4)};
    definition.timeout = milliseconds{row.whole(5)};
    definition.rotates = row.text(7) == "rotate";
    definition.policy = policies.of(row);
    definition.severity = from_name<decision::Severity>(row.text(9)).value_or(decision::Severity::critical);
    definition.spec_hash = static_cast<std::uint64_t>(row.whole(13));
    if (definition.spec_hash == 0) definition.spec_hash = 1;  // 0 is for a state that knows no spec yet
    definition.site_name = row.text(14);
    definition.revision = row.small(18);
    definition.tags = row.texts(19);
    std::sort(definition.tags.begin(), definition.tags.end());
    definition.tags.erase(std::unique(definition.tags.begin(), definition.tags.end()), definition.tags.end());
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
    definition.hold = regions.hold_now();
    decision::weigh_voters(definition, regions.ill());
    return definition;
}

void hold_site(const decision::Definition& definition, int shard, Holdings& holdings) {
    auto& site = holdings.sites[definition.site];
    site.name = definition.site_name;
    site.shard = shard;
}

// One that cannot be read begins anew.
decision::MonitorState state_of(const db::Row& row, TimePoint now, MonitorId monitor) {
    if (row.is_null(20)) return decision::first_state(now);
    auto state = decision::read_state(row.text(20));
    if (state) return *std::move(state);
    log::error("state_unreadable", "monitor", monitor.text(), "error", state.error().message);
    return decision::first_state(now);
}

}  // namespace

void load_regions(db::Tx& tx, Regions& regions) {
    regions.clear();
    for (const auto row : tx.run(kRegions)) {
        Region region{std::string(row.text(1)), std::string(row.text(2)), {}, health_of(row)};
        for (const auto anchor : row.wholes(3)) region.anchors.push_back(MonitorId{anchor});
        regions.put(static_cast<decision::RegionId>(row.small(0)), std::move(region));
    }
}

std::vector<MonitorId> refresh_health(db::Tx& tx, Holdings& holdings) {
    for (const auto row : tx.run(kRegions)) holdings.regions.set_health(static_cast<decision::RegionId>(row.small(0)), health_of(row));
    std::vector<MonitorId> concerned;
    for (auto& [monitor, watched] : holdings.monitors) {
        auto& definition = watched.definition;
        if (definition.heartbeat) continue;
        const auto before = definition.standing_hash;
        decision::weigh_voters(definition, holdings.regions.ill());
        if (definition.standing_hash != before) concerned.push_back(monitor);
    }
    for (auto& [monitor, watched] : holdings.relations.remote) {
        if (!watched.definition.heartbeat) decision::weigh_voters(watched.definition, holdings.regions.ill());
    }
    return concerned;
}

std::vector<Watched> read_shard(db::Tx& tx, int shard, TimePoint now, const Regions& regions) {
    std::vector<Watched> read;
    Policies policies;
    const auto rows = tx.run(kShard, {shard});
    read.reserve(rows.size());
    for (const auto row : rows) {
        auto& watched = read.emplace_back();
        watched.definition = definition_of(row, regions, policies);
        watched.shard = shard;
        watched.stored = !row.is_null(20);
        watched.state = state_of(row, now, watched.definition.monitor);
    }
    return read;
}

Loaded hold_shard(db::Tx& tx, int shard, std::vector<Watched> read, TimePoint now, Holdings& holdings) {
    Loaded loaded;
    loaded.monitors.reserve(read.size());
    holdings.monitors.reserve(holdings.monitors.size() + read.size());
    for (auto& watched : read) {
        const auto monitor = watched.definition.monitor;
        hold_site(watched.definition, shard, holdings);
        holdings.note(watched);
        holdings.monitors.insert_or_assign(monitor, std::move(watched));
        loaded.monitors.push_back(monitor);
    }
    expiry_store::load(tx, shard, now, holdings);
    load_incidents(tx, shard, holdings, loaded);
    return loaded;
}

std::vector<MonitorId> refresh(db::Tx& tx, const std::vector<std::int64_t>& monitors, const std::vector<std::int64_t>& sites,
                               const std::vector<int>& shards, TimePoint now, Holdings& holdings) {
    std::vector<MonitorId> held;
    Policies policies;
    const auto rows = tx.run(kRefresh, {monitors, sites, shards});
    for (const auto row : rows) {
        auto definition = definition_of(row, holdings.regions, policies);
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
        decision::follows(definition, found->second.definition, now);
        found->second.definition = std::move(definition);
        held.push_back(monitor);
    }
    return held;
}

std::unordered_map<MonitorId, Watched> load_remote(db::Tx& tx, const std::vector<std::int64_t>& monitors, const Regions& regions, TimePoint now) {
    std::unordered_map<MonitorId, Watched> remote;
    Policies policies;
    const auto rows = tx.run(kRemote, {monitors});
    for (const auto row : rows) {
        Watched watched;
        watched.definition = definition_of(row, regions, policies);
        watched.shard = row.small(2);
        watched.state = state_of(row, now, watched.definition.monitor);
        remote.emplace(watched.definition.monitor, std::move(watched));
    }
    return remote;
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
            if (row.text(1) == "region_health") seen.health = true;
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

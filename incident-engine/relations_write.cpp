#include <set>

#include "incident-engine/relations_store.h"

namespace sonde::engine::relations_store {
namespace {

using Ids = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;
using MaybeTexts = std::vector<std::optional<std::string>>;

constexpr db::Statement kGroupStates{"group_state_put", R"sql(
insert into group_state (group_id, state, since, core)
select * from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[])
on conflict (group_id) do update set state = excluded.state, since = excluded.since, core = excluded.core)sql"};

constexpr db::Statement kEnd{"suppression_end", R"sql(
update suppression p set ended_at = $1::timestamptz, end_reason = e.reason
from unnest($2::bigint[], $3::text[], $4::text[]) as e (monitor_id, scope, reason)
where p.monitor_id = e.monitor_id and p.scope = e.scope and p.ended_at is null
returning p.root_id)sql"};

constexpr db::Statement kBegin{"suppression_begin", R"sql(
insert into suppression (monitor_id, site_id, scope, cover, source_kind, source_id, root_kind, root_id, since)
select monitor_id, site_id, scope, cover, source_kind, source_id, root_kind, root_id, $1::timestamptz
from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::bigint[])
     as b (monitor_id, site_id, scope, cover, source_kind, source_id, root_kind, root_id)
on conflict (monitor_id, scope) where ended_at is null do nothing)sql"};

constexpr db::Statement kChanged{"relation_changed", R"sql(
insert into change (entity, entity_id) select * from unnest($1::text[], $2::bigint[]))sql"};
constexpr db::Statement kNotify{"relation_notify", "select pg_notify('sonde_change', '')"};

constexpr db::Statement kRadii{"incident_radii", R"sql(
select i.site_id, count(distinct p.monitor_id), count(distinct p.site_id)
from incident i
cross join lateral (select j.monitor_id as id from incident_monitor j where j.incident_id = i.id and j.left_at is null
                    union all select i.site_id) cause
left join suppression p on p.root_id = cause.id and p.ended_at is null and p.cover = 'dependency'
where i.shard = any($1::smallint[]) and i.state <> 'resolved' and i.scope = 'outage'
group by i.id, i.site_id, i.affected_monitors
having count(p.id) > 0 or i.affected_monitors > 0)sql"};

void write_groups(db::Tx& tx, const Writes& writes) {
    if (writes.groups.empty()) return;
    Ids ids;
    Texts states, cores;
    std::vector<TimePoint> since;
    for (const auto& [id, state] : writes.groups) {
        ids.push_back(id.value());
        states.emplace_back(name_of(state.shown));
        since.push_back(state.since);
        cores.push_back(decision::write_state(state));
    }
    tx.run(kGroupStates, {ids, states, since, cores});
}

// Returns the roots of what began and ended.
std::set<std::int64_t> write_suppressions(db::Tx& tx, const Writes& writes, TimePoint now) {
    std::set<std::int64_t> roots;
    if (writes.suppressions.empty()) return roots;
    // The last word on each counts; what came and went within one transaction never was.
    std::map<std::pair<MonitorId, decision::Scope>, const SuppressionRow*> last;
    for (const auto& row : writes.suppressions) last[{row.monitor, row.scope}] = &row;
    Ids end_monitors, monitors, sites, sources;
    Texts end_scopes, end_reasons, scopes, covers;
    MaybeTexts source_kinds, root_kinds, root_ids;
    for (const auto& [key, row] : last) {
        end_monitors.push_back(row->monitor.value());
        end_scopes.emplace_back(name_of(row->scope));
        end_reasons.emplace_back(row->told ? "told" : "over");
        if (!row->withheld) continue;
        const auto& withheld = *row->withheld;
        const bool by_dependency = withheld.by == decision::Cover::dependency;
        const bool by_node = by_dependency || withheld.by == decision::Cover::quiet;
        monitors.push_back(row->monitor.value());
        sites.push_back(row->site.value());
        scopes.emplace_back(name_of(row->scope));
        covers.emplace_back(name_of(withheld.by));
        source_kinds.push_back(by_node ? std::optional(std::string(name_of(withheld.source_kind))) : std::nullopt);
        sources.push_back(withheld.source);
        root_kinds.push_back(by_dependency ? std::optional(std::string(name_of(withheld.root.kind))) : std::nullopt);
        root_ids.push_back(by_dependency ? std::optional(std::to_string(withheld.root.id)) : std::nullopt);
        if (by_dependency) roots.insert(withheld.root.id);
    }
    for (const auto row : tx.run(kEnd, {now, end_monitors, end_scopes, end_reasons})) {
        if (!row.is_null(0)) roots.insert(row.whole(0));
    }
    if (!monitors.empty()) tx.run(kBegin, {now, monitors, sites, scopes, covers, source_kinds, sources, root_kinds, root_ids});
    return roots;
}

}  // namespace

void write(db::Tx& tx, const Writes& writes, TimePoint now) {
    write_groups(tx, writes);
    const auto roots = write_suppressions(tx, writes, now);
    Texts entities;
    Ids ids;
    for (const auto monitor : writes.footings) {
        entities.emplace_back("monitor_state");
        ids.push_back(monitor.value());
    }
    for (const auto root : roots) {
        entities.emplace_back("suppression");
        ids.push_back(root);
    }
    if (ids.empty()) return;
    tx.run(kChanged, {entities, ids});
    tx.run(kNotify);
}

std::vector<Radius> radii(db::Tx& tx, const std::vector<int>& shards) {
    std::vector<Radius> all;
    for (const auto row : tx.run(kRadii, {shards})) all.push_back({row.id<SiteId>(0), {static_cast<int>(row.whole(1)), static_cast<int>(row.whole(2))}});
    return all;
}

}  // namespace sonde::engine::relations_store

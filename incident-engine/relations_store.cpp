#include "incident-engine/relations_store.h"

#include <algorithm>
#include <set>

#include "lib/base/shard.h"
#include "lib/log/log.h"

namespace sonde::engine::relations_store {
namespace {

using decision::Node;
using decision::NodeKind;

// A window that was over a day ago matters to nobody, whatever the clocks.
constexpr db::Statement kWindows{"engine_windows", R"sql(
select id, title, starts_at, ends_at, rrule, duration_ms, timezone, sites, monitors, tags from maintenance
where deleted_at is null and (over_at is null or over_at > now() - interval '1 day'))sql"};
constexpr db::Statement kEnds{"engine_window_ends", R"sql(
select window_id, starts_at, ends_at from maintenance_occurrence where given_end and ends_at > now() - interval '40 days')sql"};
constexpr db::Statement kEdges{"engine_dependencies", "select child_kind, child_id, parent_kind, parent_id from dependency"};
constexpr db::Statement kGroups{"engine_groups", R"sql(
select g.id, g.site_id, g.name, s.name, g.needed, g.severity, g.pages, g.quiet_members, g.members, s.active, st.core
from monitor_group g join site s on s.id = g.site_id left join group_state st on st.group_id = g.id
where g.deleted_at is null and s.deleted_at is null)sql"};
constexpr db::Statement kPlaces{"engine_places", R"sql(
select id, site_id from monitor where deleted_at is null and (id = any($1::bigint[]) or site_id = any($2::bigint[])))sql"};
constexpr db::Statement kSiteNames{"engine_site_names", "select id, name from site where id = any($1::bigint[])"};
constexpr db::Statement kMonitorsNow{"engine_related_monitors", "select id, site_id, deleted_at is not null from monitor where id = any($1::bigint[])"};
constexpr db::Statement kSitesNow{"engine_related_sites", "select id, name, active, deleted_at is not null from site where id = any($1::bigint[])"};
constexpr db::Statement kStates{"engine_remote_states", "select monitor_id, core from monitor_state where monitor_id = any($1::bigint[])"};

template <class AnyId>
std::vector<AnyId> ids(const db::Row& row, int column) {
    std::vector<AnyId> all;
    for (const auto value : row.wholes(column)) all.push_back(AnyId{value});
    return all;
}

}  // namespace

void load_windows(db::Tx& tx, TimePoint now, Relations& relations) {
    relations.windows.clear();
    std::unordered_map<std::int64_t, maintenance::Ends> ends;
    for (const auto row : tx.run(kEnds)) ends[row.whole(0)][row.time(1)] = row.time(2);
    for (const auto row : tx.run(kWindows)) {
        maintenance::Draft draft;
        draft.title = row.text(1);
        draft.starts_at = row.time(2);
        draft.ends_at = row.maybe(3, &db::Row::time);
        if (!row.is_null(4)) draft.rrule = row.text(4);
        if (!row.is_null(5)) draft.duration = milliseconds{row.whole(5)};
        draft.timezone = row.text(6);
        auto plan = maintenance::Plan::of(draft);
        if (!plan) {
            log::error("window_unreadable", "window", row.id<WindowId>(0).text(), "effect", "it suppresses nothing");
            continue;
        }
        relations.windows.push_back({.id = row.id<WindowId>(0), .title = draft.title,
                                     .targets = {ids<SiteId>(row, 7), ids<MonitorId>(row, 8), row.texts(9)}, .plan = *std::move(plan),
                                     .ends = ends[row.whole(0)]});
    }
    relations.open.look(relations.windows, now);
}

namespace {

struct Named {
    std::set<std::int64_t> monitors;
    std::set<std::int64_t> sites;
    void note(Node node) {
        if (node.kind == NodeKind::monitor) monitors.insert(node.id);
        if (node.kind == NodeKind::site) sites.insert(node.id);
    }
};

std::vector<std::int64_t> list(const std::set<std::int64_t>& all) { return {all.begin(), all.end()}; }

bool is_ours(const std::vector<int>& shards, SiteId site) { return std::find(shards.begin(), shards.end(), shard_of(site)) != shards.end(); }

void load_graph(db::Tx& tx, const std::vector<int>& shards, Relations& relations) {
    relations.graph.clear();
    relations.groups.clear();
    relations.names.clear();
    Named named;
    for (const auto row : tx.run(kEdges)) {
        const Node child{from_name<NodeKind>(row.text(0)).value(), row.whole(1)};
        const Node parent{from_name<NodeKind>(row.text(2)).value(), row.whole(3)};
        named.note(child);
        named.note(parent);
        relations.graph.depends(child, parent);
    }
    for (const auto row : tx.run(kGroups)) {
        decision::GroupDefinition group;
        group.id = row.id<GroupId>(0);
        group.site = row.id<SiteId>(1);
        group.name = row.text(2);
        group.site_name = row.text(3);
        group.needed = row.small(4);
        group.severity = from_name<decision::Severity>(row.text(5)).value_or(decision::Severity::critical);
        group.pages = row.boolean(6);
        group.quiet_members = row.boolean(7);
        group.members = ids<MonitorId>(row, 8);
        group.active = row.boolean(9);
        for (const auto member : group.members) named.monitors.insert(member.value());
        relations.names[group.id.value()] = group.name;
        if (is_ours(shards, group.site)) {
            HeldGroup held;
            held.stored = !row.is_null(10);
            if (held.stored) {
                if (auto state = decision::read_group_state(row.text(10))) held.state = *std::move(state);
            }
            held.state.in_outage = false;  // the incident says it
            relations.groups.emplace(group.id, held);
        }
        relations.graph.put_group(std::move(group));
    }
    if (relations.graph.empty()) return;
    for (const auto row : tx.run(kPlaces, {list(named.monitors), list(named.sites)})) relations.graph.place(row.id<MonitorId>(0), row.id<SiteId>(1));
    for (const auto row : tx.run(kSiteNames, {list(named.sites)})) relations.names[row.whole(0)] = std::string(row.text(1));
}

// The monitors of others whose states decide on ours.
std::vector<std::int64_t> needed_from_elsewhere(const std::vector<int>& shards, const Holdings& holdings) {
    const auto& relations = holdings.relations;
    std::set<std::int64_t> needed;
    const auto need = [&](const std::vector<MonitorId>& monitors) {
        for (const auto monitor : monitors) {
            if (holdings.monitors.find(monitor) == holdings.monitors.end()) needed.insert(monitor.value());
        }
    };
    for (const auto& [child, parents] : relations.graph.edges()) {
        const bool ours = child.kind == NodeKind::site ? is_ours(shards, SiteId{child.id}) : holdings.monitors.contains(MonitorId{child.id});
        if (ours) need(relations.graph.behind(parents));
    }
    for (const auto& [id, held] : relations.groups) need(relations.graph.group(id)->members);
    return list(needed);
}

// An incident says which groups take part in it.
std::vector<catalog::Orphan> find_groups(Holdings& holdings) {
    std::vector<catalog::Orphan> orphans;
    for (const auto& [id, site] : holdings.sites) {
        for (const auto& incident : site.open) {
            if (!incident) continue;
            for (const auto& member : incident->members) {
                if (!member.is_group || member.left_at) continue;
                const auto held = holdings.relations.groups.find(GroupId{member.monitor.value()});
                if (held != holdings.relations.groups.end()) held->second.state.in_outage = true;
                else orphans.push_back({id, incident->scope, member.monitor});
            }
        }
    }
    return orphans;
}

}  // namespace

std::vector<catalog::Orphan> load(db::Tx& tx, const std::vector<int>& shards, TimePoint now, Holdings& holdings) {
    auto& relations = holdings.relations;
    load_graph(tx, shards, relations);
    const auto remote = needed_from_elsewhere(shards, holdings);
    relations.remote.clear();
    if (!remote.empty()) relations.remote = catalog::load_remote(tx, remote, holdings.regions, now);
    return find_groups(holdings);
}

namespace {

bool monitors_outdate(db::Tx& tx, const std::vector<std::int64_t>& monitors, const Relations& relations) {
    const auto& graph = relations.graph;
    std::set<std::int64_t> there;
    for (const auto row : tx.run(kMonitorsNow, {monitors})) {
        const auto id = row.id<MonitorId>(0);
        const auto site = row.id<SiteId>(1);
        there.insert(id.value());
        const bool takes_part = !row.boolean(2) && (graph.names(id) || graph.names(site));
        const auto placed = graph.site_of(id);
        if (takes_part ? placed != site : placed.has_value()) return true;
        if (relations.remote.contains(id)) return true;
    }
    return std::any_of(monitors.begin(), monitors.end(), [&](std::int64_t number) {
        const MonitorId id{number};
        return !there.contains(number) && (graph.site_of(id) || relations.remote.contains(id));
    });
}

bool sites_outdate(db::Tx& tx, const std::vector<std::int64_t>& sites, const Relations& relations) {
    struct Site {
        std::string name;
        bool active = false;
    };
    std::unordered_map<SiteId, Site> there;
    for (const auto row : tx.run(kSitesNow, {sites})) {
        if (!row.boolean(3)) there.emplace(row.id<SiteId>(0), Site{std::string(row.text(1)), row.boolean(2)});
    }
    std::set<SiteId> edited;
    for (const auto number : sites) edited.insert(SiteId{number});
    for (const auto site : edited) {
        if (!relations.graph.names(site)) continue;
        const auto now = there.find(site);
        const auto known = relations.names.find(site.value());
        if (now == there.end() || known == relations.names.end() || known->second != now->second.name) return true;
    }
    for (const auto& [id, group] : relations.graph.groups()) {
        if (!edited.contains(group.site)) continue;
        const auto now = there.find(group.site);
        if (now == there.end() || now->second.name != group.site_name || now->second.active != group.active) return true;
    }
    return std::any_of(relations.remote.begin(), relations.remote.end(), [&](const auto& entry) { return edited.contains(entry.second.definition.site); });
}

}  // namespace

bool outdated_by(db::Tx& tx, const std::vector<std::int64_t>& monitors, const std::vector<std::int64_t>& sites, const Relations& relations) {
    if (relations.graph.empty()) return false;
    return (!sites.empty() && sites_outdate(tx, sites, relations)) || (!monitors.empty() && monitors_outdate(tx, monitors, relations));
}

bool refresh(db::Tx& tx, TimePoint now, Holdings& holdings) {
    auto& remote = holdings.relations.remote;
    std::vector<std::int64_t> all;
    for (const auto& [monitor, watched] : remote) all.push_back(monitor.value());
    bool changed = false;
    if (all.empty()) return changed;
    std::set<std::int64_t> there;
    for (const auto row : tx.run(kStates, {all})) {
        there.insert(row.whole(0));
        auto state = decision::read_state(row.text(1));
        if (!state) continue;
        auto& watched = remote.at(row.id<MonitorId>(0));
        if (watched.state == *state) continue;
        watched.state = *std::move(state);
        changed = true;
    }
    for (auto& [monitor, watched] : remote) {
        if (there.contains(monitor.value()) || watched.state.known == decision::Known::pending) continue;
        watched.state = decision::first_state(now);
        changed = true;
    }
    return changed;
}

}  // namespace sonde::engine::relations_store

#include "controlplane/api/monitor/relation_graph.h"

#include <fmt/format.h>

#include <set>

namespace sonde::controlplane {
namespace {

// All of them, those that a restricted caller does not see as well: a circle is one all the same.
constexpr db::Statement kEdges{"relation_edges", "select id, child_kind, child_id, parent_kind, parent_id from every_dependency"};
constexpr db::Statement kGroupsAll{"relation_groups_all", "select id, site_id, needed, members from every_group"};
constexpr db::Statement kPlaces{"relation_places", R"(
    select id, site_id from every_place where id = any($1::bigint[]) or site_id = any($2::bigint[]))"};
constexpr db::Statement kName{"relation_name", R"(
    select case $1 when 'monitor' then (select s.name || ' / ' || m.name from monitor m join site s on s.id = m.site_id where m.id = $2)
                   when 'site' then (select 'site ' || name from site where id = $2)
                   else (select 'group ' || name from monitor_group where id = $2) end)"};

struct Named {
    std::set<std::int64_t> monitors;
    std::set<std::int64_t> sites;
    void note(decision::Node node) {
        if (node.kind == decision::NodeKind::monitor) monitors.insert(node.id);
        if (node.kind == decision::NodeKind::site) sites.insert(node.id);
    }
};

}  // namespace

decision::Dependencies load_graph(db::Tx& tx, std::optional<DependencyId> without, std::optional<GroupId> without_group,
                                  const std::vector<decision::Node>& mentioned) {
    decision::Dependencies graph;
    Named named;
    for (const auto node : mentioned) named.note(node);
    for (const auto row : tx.run(kEdges)) {
        if (without && row.id<DependencyId>(0) == *without) continue;
        const decision::Node child{from_name<decision::NodeKind>(row.text(1)).value(), row.whole(2)};
        const decision::Node parent{from_name<decision::NodeKind>(row.text(3)).value(), row.whole(4)};
        named.note(child);
        named.note(parent);
        graph.depends(child, parent);
    }
    for (const auto row : tx.run(kGroupsAll)) {
        if (without_group && row.id<GroupId>(0) == *without_group) continue;
        decision::GroupDefinition group;
        group.id = row.id<GroupId>(0);
        group.site = row.id<SiteId>(1);
        group.needed = row.small(2);
        for (const auto member : row.wholes(3)) {
            group.members.push_back(MonitorId{member});
            named.monitors.insert(member);
        }
        graph.put_group(std::move(group));
    }
    const std::vector<std::int64_t> monitors(named.monitors.begin(), named.monitors.end());
    const std::vector<std::int64_t> sites(named.sites.begin(), named.sites.end());
    for (const auto row : tx.run(kPlaces, {monitors, sites})) graph.place(row.id<MonitorId>(0), row.id<SiteId>(1));
    return graph;
}

std::string describe_way(db::Tx& tx, const std::vector<decision::Node>& way) {
    std::string text;
    for (const auto node : way) {
        const auto rows = tx.run(kName, {name_of(node.kind), node.id});
        const auto name = rows.empty() || rows[0].is_null(0) ? std::string(name_of(node.kind)) : std::string(rows[0].text(0));
        text += (text.empty() ? "" : " → ") + name;
    }
    return text;
}

}  // namespace sonde::controlplane

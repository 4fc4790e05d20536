#include "lib/decision/dependency.h"

#include <algorithm>
#include <set>

#include "lib/decision/group.h"

namespace sonde::decision {
namespace {

// An answer may take the whole time-out, and its confirmation as long again.
milliseconds patience_for(const Definition& definition) { return definition.timeout * 2 + milliseconds{5000}; }

template <class T>
const std::vector<T>& none() {
    static const std::vector<T> empty;
    return empty;
}

}  // namespace

void Dependencies::place(MonitorId monitor, SiteId site) {
    if (!site_of_.emplace(monitor, site).second) return;
    monitors_of_[site].push_back(monitor);
}

void Dependencies::put_group(GroupDefinition group) {
    for (const auto member : group.members) groups_with_[member].push_back(group.id);
    const auto id = group.id;
    groups_.insert_or_assign(id, std::move(group));
}

void Dependencies::depends(Node child, Node parent) {
    parents_[child].push_back(parent);
    children_[parent].push_back(child);
}

void Dependencies::clear() { *this = {}; }

const std::vector<MonitorId>& Dependencies::monitors_of(SiteId site) const {
    const auto found = monitors_of_.find(site);
    return found != monitors_of_.end() ? found->second : none<MonitorId>();
}

const GroupDefinition* Dependencies::group(GroupId id) const {
    const auto found = groups_.find(id);
    return found != groups_.end() ? &found->second : nullptr;
}

const std::vector<GroupId>& Dependencies::groups_with(MonitorId monitor) const {
    const auto found = groups_with_.find(monitor);
    return found != groups_with_.end() ? found->second : none<GroupId>();
}

std::optional<SiteId> Dependencies::site_of(MonitorId monitor) const {
    const auto found = site_of_.find(monitor);
    return found != site_of_.end() ? std::optional(found->second) : std::nullopt;
}

bool Dependencies::names(MonitorId monitor) const {
    const Node node{NodeKind::monitor, monitor.value()};
    return groups_with_.contains(monitor) || parents_.contains(node) || children_.contains(node);
}

bool Dependencies::names(SiteId site) const {
    const Node node{NodeKind::site, site.value()};
    return parents_.contains(node) || children_.contains(node);
}

std::vector<Node> Dependencies::parents_of(MonitorId monitor, SiteId site) const {
    std::vector<Node> parents;
    if (parents_.empty()) return parents;
    const auto& groups = groups_with(monitor);
    // By its own edge a member of a group would depend on it, which is a circle and refused; by its site's edge it merely does not.
    const auto is_itself = [&](Node node, Node child) {
        if (node == node_of(monitor) || node == node_of(site)) return true;
        return child.kind == NodeKind::site && node.kind == NodeKind::group && std::find(groups.begin(), groups.end(), GroupId{node.id}) != groups.end();
    };
    for (const auto child : {node_of(monitor), node_of(site)}) {
        const auto found = parents_.find(child);
        if (found == parents_.end()) continue;
        for (const auto parent : found->second) {
            if (!is_itself(parent, child) && std::find(parents.begin(), parents.end(), parent) == parents.end()) parents.push_back(parent);
        }
    }
    return parents;
}

bool Dependencies::is_source(MonitorId monitor, SiteId site) const {
    return children_.contains(node_of(monitor)) || children_.contains(node_of(site)) || groups_with_.contains(monitor);
}

// Follows parents through monitors, sites and groups, each node once.
struct Dependencies::Walk {
    const Dependencies& graph;
    const View& view;
    std::set<Node> visited;

    SiteId site_of(MonitorId monitor) const {
        if (const auto* definition = view.definition(monitor)) return definition->site;
        const auto found = graph.site_of_.find(monitor);
        return found != graph.site_of_.end() ? found->second : SiteId{};
    }

    // Where the node's trouble comes from, if it is in trouble that suppresses its children.
    std::optional<Node> root_of(Node node) {
        if (!visited.insert(node).second) return std::nullopt;
        if (node.kind == NodeKind::monitor) return root_of_monitor(MonitorId{node.id});
        if (node.kind == NodeKind::group) {
            const auto* group = graph.group(GroupId{node.id});
            if (group == nullptr) return std::nullopt;
            std::vector<MemberSeen> seen;
            for (const auto member : group->members) seen.push_back(member_seen(view.state(member)));
            if (!is_down(*group, seen)) return std::nullopt;
            for (std::size_t i = 0; i < seen.size(); ++i) {
                if (seen[i].watched && seen[i].footing.down() && (!group->pages || seen[i].footing.excused)) {
                    if (const auto root = root_of(node_of(group->members[i]))) return root;
                }
            }
            return node;
        }
        const SiteId site{node.id};
        for (const auto monitor : graph.monitors_of(site)) {
            const auto* state = view.state(monitor);
            if (state == nullptr || !footing_of(*state).down()) continue;
            if (const auto root = root_of(node_of(monitor))) return root;
        }
        if (const auto found = graph.parents_.find(node); found != graph.parents_.end()) {
            for (const auto parent : found->second) {
                if (const auto root = root_of(parent)) return root;
            }
        }
        return std::nullopt;
    }

    std::optional<Node> root_of_monitor(MonitorId monitor) {
        // What is switched off says nothing, and passes nothing on.
        const auto* state = view.state(monitor);
        if (state == nullptr || state->activity != Activity::active) return std::nullopt;
        for (const auto parent : graph.parents_of(monitor, site_of(monitor))) {
            if (const auto root = root_of(parent)) return root;
        }
        return footing_of(*state).down() ? std::optional(node_of(monitor)) : std::nullopt;
    }

    void doubt(Node node, ParentsInDoubt& sum) {
        if (!visited.insert(node).second) return;
        if (node.kind == NodeKind::monitor) {
            const MonitorId monitor{node.id};
            const auto* state = view.state(monitor);
            const auto* definition = view.definition(monitor);
            if (state == nullptr || definition == nullptr) return;
            if (const auto well = well_at(*state, *definition)) {
                sum.any = true;
                sum.suspected = sum.suspected || footing_of(*state).suspected;
                sum.well_at = std::min(sum.well_at, *well);
                sum.patience = std::max(sum.patience, patience_for(*definition));
            }
            for (const auto parent : graph.parents_of(monitor, site_of(monitor))) doubt(parent, sum);
            return;
        }
        if (node.kind == NodeKind::site) {
            for (const auto monitor : graph.monitors_of(SiteId{node.id})) doubt(node_of(monitor), sum);
            return;
        }
        const auto* group = graph.group(GroupId{node.id});
        if (group == nullptr) return;
        // So many members that were well, and the group is.
        std::vector<TimePoint> well;
        for (const auto member : group->members) {
            ParentsInDoubt one;
            doubt(node_of(member), one);
            if (!one.any) continue;
            well.push_back(one.well_at);
            sum.any = true;
            sum.suspected = sum.suspected || one.suspected;
            sum.patience = std::max(sum.patience, one.patience);
        }
        if (well.empty()) return;
        std::sort(well.rbegin(), well.rend());
        const auto place = std::min<std::size_t>(static_cast<std::size_t>(std::max(group->needed, 1)), well.size()) - 1;
        sum.well_at = std::min(sum.well_at, well[place]);
    }
};

std::optional<Blocker> Dependencies::blocker_of(MonitorId monitor, SiteId site, const View& view) const {
    for (const auto parent : parents_of(monitor, site)) {
        Walk walk{*this, view, {node_of(monitor)}};
        if (const auto root = walk.root_of(parent)) return Blocker{parent, *root};
    }
    return std::nullopt;
}

ParentsInDoubt Dependencies::doubt_of(MonitorId monitor, SiteId site, const View& view) const {
    ParentsInDoubt sum;
    Walk walk{*this, view, {node_of(monitor)}};
    for (const auto parent : parents_of(monitor, site)) walk.doubt(parent, sum);
    return sum;
}

Suppression Dependencies::around(MonitorId monitor, SiteId site, const View& view) const {
    Suppression around;
    for (const auto id : groups_with(monitor)) {
        const auto* one = group(id);
        if (one != nullptr && one->active && one->pages && one->quiet_members) around.quiet = id;
    }
    if (parents_of(monitor, site).empty()) return around;
    if (const auto blocker = blocker_of(monitor, site, view)) {
        around.parent = blocker->nearest;
        around.root = blocker->root;
    }
    const auto doubt = doubt_of(monitor, site, view);
    around.has_parents = doubt.any;
    around.parents_suspected = doubt.suspected;
    around.parents_well_at = doubt.well_at;
    around.patience = doubt.patience;
    return around;
}

std::vector<Node> Dependencies::leads_to(Node node) const {
    std::vector<Node> next;
    if (node.kind == NodeKind::monitor) {
        const MonitorId monitor{node.id};
        const auto site = site_of_.find(monitor);
        return parents_of(monitor, site != site_of_.end() ? site->second : SiteId{});
    }
    if (node.kind == NodeKind::group) {
        if (const auto* members = group(GroupId{node.id})) {
            for (const auto member : members->members) next.push_back(node_of(member));
        }
        return next;
    }
    for (const auto monitor : monitors_of(SiteId{node.id})) next.push_back(node_of(monitor));
    if (const auto found = parents_.find(node); found != parents_.end()) next.insert(next.end(), found->second.begin(), found->second.end());
    return next;
}

// Breadth first, so that the way told is a shortest one.
std::optional<std::vector<Node>> Dependencies::path(Node from, const std::function<bool(Node)>& found) const {
    std::map<Node, Node> came_from{{from, from}};
    std::vector<Node> ring{from};
    while (!ring.empty()) {
        std::vector<Node> next_ring;
        for (const auto node : ring) {
            for (const auto next : leads_to(node)) {
                if (!came_from.emplace(next, node).second) continue;
                if (!found(next)) {
                    next_ring.push_back(next);
                    continue;
                }
                std::vector<Node> way{next};
                while (way.back() != from) way.push_back(came_from.at(way.back()));
                std::reverse(way.begin(), way.end());
                return way;
            }
        }
        ring = std::move(next_ring);
    }
    return std::nullopt;
}

std::vector<MonitorId> Dependencies::ancestors_of(MonitorId monitor, SiteId site) const {
    auto monitors = behind(parents_of(monitor, site));
    std::erase(monitors, monitor);
    return monitors;
}

std::vector<MonitorId> Dependencies::behind(std::vector<Node> parents) const {
    std::vector<MonitorId> monitors;
    std::set<Node> seen;
    auto ring = std::move(parents);
    while (!ring.empty()) {
        std::vector<Node> next;
        for (const auto node : ring) {
            if (!seen.insert(node).second) continue;
            if (node.kind == NodeKind::monitor) monitors.push_back(MonitorId{node.id});
            const auto more = leads_to(node);
            next.insert(next.end(), more.begin(), more.end());
        }
        ring = std::move(next);
    }
    return monitors;
}

std::optional<std::vector<Node>> Dependencies::circle_with(Node child, Node parent) const {
    auto with = *this;
    with.depends(child, parent);
    // Whoever has the new parent must not be among what the parent hangs on.
    const auto has_it = [&](Node node) {
        if (node == child) return true;
        if (child.kind != NodeKind::site || node.kind != NodeKind::monitor) return false;
        const auto site = with.site_of_.find(MonitorId{node.id});
        if (site == with.site_of_.end() || node_of(site->second) != child) return false;
        const auto parents = with.parents_of(MonitorId{node.id}, site->second);
        return std::find(parents.begin(), parents.end(), parent) != parents.end();
    };
    if (has_it(parent)) return std::vector<Node>{child, parent};
    auto way = with.path(parent, has_it);
    if (way) way->insert(way->begin(), child);
    return way;
}

std::optional<std::vector<Node>> Dependencies::circle_with(GroupId id, MonitorId member) const {
    auto way = path(node_of(member), [&](Node node) { return node == node_of(id); });
    if (way) way->insert(way->begin(), node_of(id));
    return way;
}

}  // namespace sonde::decision

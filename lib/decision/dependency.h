// Who depends on whom: edges from monitors and sites to monitors, sites and groups, and what follows from the parents' states.
//
// A monitor has the parents given to it and those of its site, but never itself, its own site or a group that it is in. A site as a
// parent is down when any of its monitors is; a group when it is down as a group. A node also blocks while its own parent does:
// suppression is transitive through state.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "lib/decision/definition.h"
#include "lib/decision/footing.h"

namespace sonde::decision {

struct GroupDefinition;

// The states that edges are followed through. Whoever asks need not know every monitor.
class View {
public:
    virtual ~View() = default;
    // Null if nothing is known of it.
    [[nodiscard]] virtual const MonitorState* state(MonitorId monitor) const = 0;
    [[nodiscard]] virtual const Definition* definition(MonitorId monitor) const = 0;
};

struct Blocker {
    Node nearest;  // the parent that is down, or is suppressed
    Node root;     // where that comes from
};

// What may yet become of the parents.
struct ParentsInDoubt {
    bool any = false;        // there are parents of which something can be said
    bool suspected = false;
    TimePoint well_at = TimePoint::max();
    milliseconds patience{0};
};

class Dependencies {
public:
    // Sites that have monitors with a part in it; only those that are a parent or a child need be placed.
    void place(MonitorId monitor, SiteId site);
    void put_group(GroupDefinition group);
    void depends(Node child, Node parent);
    void clear();

    [[nodiscard]] bool empty() const { return parents_.empty() && groups_.empty(); }
    [[nodiscard]] std::vector<Node> parents_of(MonitorId monitor, SiteId site) const;
    [[nodiscard]] const std::vector<MonitorId>& monitors_of(SiteId site) const;
    [[nodiscard]] const GroupDefinition* group(GroupId id) const;
    [[nodiscard]] const std::map<GroupId, GroupDefinition>& groups() const { return groups_; }
    [[nodiscard]] const std::vector<GroupId>& groups_with(MonitorId monitor) const;
    // Where it is placed; nothing if it is not.
    [[nodiscard]] std::optional<SiteId> site_of(MonitorId monitor) const;
    // Whether an edge or a group has it by itself, and not by its site.
    [[nodiscard]] bool names(MonitorId monitor) const;
    [[nodiscard]] bool names(SiteId site) const;
    // Every child that is named in an edge, and every parent.
    [[nodiscard]] const std::map<Node, std::vector<Node>>& edges() const { return parents_; }
    [[nodiscard]] const std::map<Node, std::vector<Node>>& children() const { return children_; }

    // Whether the monitor's state can matter to any other.
    [[nodiscard]] bool is_source(MonitorId monitor, SiteId site) const;
    // The monitors that must be seen to decide on this one: its parents' monitors, theirs, and so on.
    [[nodiscard]] std::vector<MonitorId> ancestors_of(MonitorId monitor, SiteId site) const;
    // The monitors that a parent is or has, and what those hang on.
    [[nodiscard]] std::vector<MonitorId> behind(std::vector<Node> parents) const;

    [[nodiscard]] std::optional<Blocker> blocker_of(MonitorId monitor, SiteId site, const View& view) const;
    [[nodiscard]] ParentsInDoubt doubt_of(MonitorId monitor, SiteId site, const View& view) const;

    // All that is around a monitor but its maintenance windows.
    [[nodiscard]] Suppression around(MonitorId monitor, SiteId site, const View& view) const;

    // The way from `child` over `parent` back to `child`, if the edge would close a circle: both ends are the child.
    [[nodiscard]] std::optional<std::vector<Node>> circle_with(Node child, Node parent) const;
    // The same for a monitor that is to be a member of the group.
    [[nodiscard]] std::optional<std::vector<Node>> circle_with(GroupId group, MonitorId member) const;

private:
    struct Walk;
    [[nodiscard]] std::vector<Node> leads_to(Node node) const;
    [[nodiscard]] std::optional<std::vector<Node>> path(Node from, const std::function<bool(Node)>& found) const;

    std::map<Node, std::vector<Node>> parents_;
    std::map<Node, std::vector<Node>> children_;
    std::map<GroupId, GroupDefinition> groups_;
    std::unordered_map<MonitorId, std::vector<GroupId>> groups_with_;
    std::unordered_map<MonitorId, SiteId> site_of_;
    std::unordered_map<SiteId, std::vector<MonitorId>> monitors_of_;
};

}  // namespace sonde::decision

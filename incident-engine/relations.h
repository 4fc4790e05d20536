// What stands between monitors, in memory: maintenance windows, dependencies, groups, and the monitors of other engines' shards whose states
// matter here. Owned and touched by the worker's thread alone.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "incident-engine/watched.h"
#include "lib/decision/dependency.h"
#include "lib/decision/group.h"
#include "lib/maintenance/window.h"

namespace sonde::engine {

struct HeldWindow {
    WindowId id;
    std::string title;
    maintenance::Targets targets;
    maintenance::Plan plan;
    maintenance::Ends ends;
    // As of `looked_at`, and until `next_edge`.
    TimePoint looked_at = TimePoint::max();
    std::optional<maintenance::Occurrence> current{};
    std::optional<TimePoint> next_edge{};
};

// A group of a site in one of our shards.
struct HeldGroup {
    decision::GroupState state;
    bool stored = false;  // has a row in group_state
};

// Windows, by what they are about, that are open at one time.
class OpenWindows {
public:
    // Takes out of `all` those open at `now`, and finds the next time at which that changes. Looks again at those only that may have changed.
    void look(std::vector<HeldWindow>& all, TimePoint now);
    // True if `now` is not between when it was looked and the next change.
    [[nodiscard]] bool outdated(TimePoint now) const { return now < looked_at_ || (next_edge_ && now >= *next_edge_); }
    [[nodiscard]] std::optional<TimePoint> next_edge() const { return next_edge_; }
    [[nodiscard]] bool none() const { return sites_.empty() && monitors_.empty() && tags_.empty(); }
    // The window that the monitor is in; of several the one that ends last, then the older one.
    [[nodiscard]] std::optional<WindowId> over(MonitorId monitor, SiteId site, const std::vector<std::string>& tags) const;
    [[nodiscard]] std::optional<WindowId> over(SiteId site) const;

private:
    struct Open {
        TimePoint end;
        WindowId id;
    };
    template <class Map, class Key>
    static void offer(std::optional<Open>& best, const Map& map, const Key& key);

    TimePoint looked_at_{};
    std::optional<TimePoint> next_edge_;
    std::unordered_map<SiteId, Open> sites_;
    std::unordered_map<MonitorId, Open> monitors_;
    std::unordered_map<std::string, Open> tags_;
};

struct Relations {
    std::vector<HeldWindow> windows;
    OpenWindows open;
    decision::Dependencies graph;
    std::map<GroupId, HeldGroup> groups;
    std::unordered_map<MonitorId, Watched> remote;              // of shards that are not ours
    std::unordered_map<MonitorId, TimePoint> asked;             // parents, when they were last asked
    std::unordered_map<std::int64_t, std::string> names;        // of sites and groups that are parents

    [[nodiscard]] bool empty() const { return windows.empty() && graph.empty(); }
};

}  // namespace sonde::engine

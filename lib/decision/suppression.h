// What keeps a failure from being told: maintenance, a parent that is down, a group that speaks for its members.
//
// Suppression concerns creation alone: votes, evidence and states go on, and what is open is acknowledged and resolved as ever. What
// is failing and not told is remembered as withheld, and told when nothing covers it any longer.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/base/relation_id.h"

namespace sonde::decision {

enum class NodeKind : unsigned char { monitor, site, group };

// One end of a dependency.
struct Node {
    NodeKind kind = NodeKind::monitor;
    std::int64_t id = 0;
    friend auto operator<=>(const Node&, const Node&) = default;
};

inline Node node_of(MonitorId id) { return {NodeKind::monitor, id.value()}; }
inline Node node_of(SiteId id) { return {NodeKind::site, id.value()}; }
inline Node node_of(GroupId id) { return {NodeKind::group, id.value()}; }

// What covers a failure, the strongest first. `doubt`: a parent may be down and is being looked at, for a bounded time.
enum class Cover : unsigned char { maintenance, dependency, doubt, quiet };

// What is around a monitor at the time of an event. Comes in with the event, as time does.
struct Suppression {
    std::optional<WindowId> window;   // it is in maintenance
    std::optional<Node> parent;       // the nearest that is down, or suppressed by its own parent
    Node root;                        // which that comes from in the end
    std::optional<GroupId> quiet;     // a group that pages for its members
    bool has_parents = false;         // of which anything can be said
    bool parents_suspected = false;   // a failure of one is being confirmed
    TimePoint parents_well_at = TimePoint::max();  // all of them were well by quorum in checks no older than this
    milliseconds patience{0};         // how long their answers may take

    friend bool operator==(const Suppression&, const Suppression&) = default;
};

// A failure that was not told.
struct Withheld {
    Cover by = Cover::maintenance;
    std::int64_t source = 0;      // the number of the window, parent or group
    NodeKind source_kind = NodeKind::monitor;
    Node root;                    // of a dependency
    int reason = 0;               // `Reason` it would have been told with
    TimePoint failing_since;
    bool lifted = false;          // nothing covers it; it is told when votes since `votes_since` say that it fails
    TimePoint votes_since;
    TimePoint hold_until;         // doubt ends by then; the epoch if there was none yet
    TimePoint ask_again_at;       // parents in doubt are asked once more
    friend bool operator==(const Withheld&, const Withheld&) = default;
};

struct Muting {
    std::optional<WindowId> window;  // shown as maintenance
    std::optional<Withheld> outage;
    std::optional<Withheld> warning;
    bool advisory_noted = false;     // that a minority's failure was not told, and it fails yet
    [[nodiscard]] bool empty() const { return !window && !outage && !warning && !advisory_noted; }
    friend bool operator==(const Muting&, const Muting&) = default;
};

// Longest time for which a child waits for what becomes of its parents.
constexpr milliseconds kLongestDoubt{30'000};
// While it waits, parents that have not answered are asked again this often.
constexpr milliseconds kAskParentsAgain{3'000};
// A heartbeat cannot be asked: when its parent is back it has until its next ping is due, but no longer than this.
constexpr milliseconds kLongestHeartbeatWait{600'000};

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::NodeKind> {
    static constexpr std::array<std::string_view, 3> names{"monitor", "site", "group"};
};

template <>
struct sonde::EnumNames<sonde::decision::Cover> {
    static constexpr std::array<std::string_view, 4> names{"maintenance", "dependency", "doubt", "quiet"};
};

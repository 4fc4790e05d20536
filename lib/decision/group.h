// Groups: k of n monitors must be left, and the group's own state and part in its site's incident. Pure, as `decide`.
//
// Members that are paused, switched off or deleted do not count. Of the others, those known to be down have failed. The group is down when,
// even if all the rest were well, fewer than `needed` would be left: n − failed < needed. It is unknown when the rest might be too few but
// that is not certain, degraded when a member has failed, is degraded or out of sight, and up otherwise. It has recovered when enough are up.
//
// It opens an incident only for failures that nothing excuses: a member in maintenance, or one that fails because its parent is down, does
// not bring it about.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/decision/incident.h"
#include "lib/decision/footing.h"

namespace sonde::decision {

constexpr std::size_t kMostMembers = 200;

struct GroupDefinition {
    GroupId id;
    SiteId site;
    std::string name;
    std::string site_name;
    int needed = 1;
    Severity severity = Severity::critical;
    bool pages = true;           // it takes part in its site's incident
    bool quiet_members = false;  // its members' own outages do not page
    bool active = true;          // false: its site is inactive or gone
    std::vector<MonitorId> members;
    friend bool operator==(const GroupDefinition&, const GroupDefinition&) = default;
};

struct GroupCount {
    int members = 0;   // that count: watched
    int up = 0;
    int degraded = 0;
    int down = 0;
    int excused = 0;   // of those that are down
    int unknown = 0;   // of which nothing is known now
    friend bool operator==(const GroupCount&, const GroupCount&) = default;
};

struct GroupState {
    State shown = State::pending;
    TimePoint since;
    GroupCount count;
    bool in_outage = false;   // takes part in the site's open incident
    bool withheld = false;    // down and not told, because of what excuses it
    std::optional<TimePoint> failing_since;
    friend bool operator==(const GroupState&, const GroupState&) = default;
};

// What the group sees of a member. Nothing is known of a monitor that is not there.
struct MemberSeen {
    bool watched = false;
    Footing footing;
    std::optional<TimePoint> failing_since;  // of one that is down
};
// By the votes that count by the definition, if it is there.
MemberSeen member_seen(const MonitorState* state, const Definition* definition = nullptr);

struct GroupDecision {
    GroupState next;
    bool changed = false;                  // its shown state: event `group.changed`
    Reason reason = Reason::nothing_due;
    bool joins = false;                    // the site's incident
    bool leaves = false;
};

// `in_maintenance`: a window covers the group's site.
GroupDecision decide(GroupState state, const GroupDefinition& definition, std::span<const MemberSeen> members, bool in_maintenance, TimePoint now);

// Down as a parent is: by its members' states alone.
bool is_down(const GroupDefinition& definition, std::span<const MemberSeen> members);

GroupCount count_members(std::span<const MemberSeen> members);

// Compact JSON, and back.
std::string write_state(const GroupState& state);
Result<GroupState> read_group_state(std::string_view text);

}  // namespace sonde::decision

// What others must know of a monitor that they depend on, or that is in their group.
#pragma once

#include <optional>

#include "lib/decision/monitor_state.h"

namespace sonde::decision {

struct Footing {
    bool counts = false;      // it is watched, seen by enough regions, and something is known of it
    Known known = Known::pending;
    bool suspected = false;   // a failure of it is being confirmed
    bool excused = false;     // it is down and that is not its own fault, or planned, or not yet certain
    bool quiet_only = false;  // its failure is withheld because a group speaks for it
    friend bool operator==(const Footing&, const Footing&) = default;

    [[nodiscard]] bool down() const { return counts && known == Known::down; }
};

Footing footing_of(const MonitorState& state);

// The latest instant since which enough failure domains were seen well for the quorum. The earliest instant if too few ever were;
// nothing if that cannot be asked: of heartbeats, and of monitors whose footing does not count.
std::optional<TimePoint> well_at(const MonitorState& state, const Definition& definition);

// The checks that ask all its regions that have a vote how it is, now and out of turn.
struct Confirm;
Confirm everybody_now(const Definition& definition, TimePoint now);

}  // namespace sonde::decision

// What the regions see of a failing monitor, all in all.
#pragma once

#include <optional>
#include <vector>

#include "lib/decision/effect.h"

namespace sonde::decision {

struct Sighting {
    check::FailureClass cause = check::FailureClass::none;  // that most regions see; of equals the one seen first
    std::vector<RegionId> regions;                          // those that see a failure; not where pings come from
    TimePoint since;                                        // the first failing check of any of them; `now` if none fails
};

// By the votes that are fresh at `now` and at least as bad as `least_rank`: 2 for outages, 1 for warnings.
Sighting sighting_of(const MonitorState& state, const Definition& definition, TimePoint now, int least_rank);

constexpr int least_rank(Scope scope) { return scope == Scope::outage ? 2 : 1; }

// What the incident of that scope says of the monitor. Nothing if it takes no part in it, or no fresh vote says anything; and of a warning
// while there is an outage, whose votes are not about it.
std::optional<Sighting> sighting_in(const MonitorState& state, const Definition& definition, TimePoint now, Scope scope);

}  // namespace sonde::decision

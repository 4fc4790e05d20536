// When the evidence was taken that belongs to votes. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::controlplane {

// The slots among which a region's evidence is; the latest one of its kind counts.
struct EvidenceWindow {
    std::string region;
    bool failing = false;  // else what it saw was good
    TimePoint since;
    TimePoint until;
};

struct EvidenceWindows {
    std::optional<TimePoint> decisive;    // slot of the latest failing vote; nothing, and no windows, if no vote fails
    std::vector<EvidenceWindow> windows;  // one for each region that was asked
};

// `votes` as they are stored: [{region, verdict, slot, …}]; what is not as it should be is passed over.
// A region that fails may have begun long before the others: agents send evidence of the first failing check of a row and of confirmations,
// and a day is looked back. What passed is only worth comparing if it was seen at the time: from an `interval` before the first failing vote.
// A confirmation has the slot of the failure it looks into, and may come after the decision.
EvidenceWindows evidence_windows(const Json& votes, milliseconds interval);

}  // namespace sonde::controlplane

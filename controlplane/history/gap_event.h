// Tells of gaps in the account of slots: the events coverage.missed and coverage.resumed, once for each region and gap.
#pragma once

#include <vector>

#include "controlplane/history/account.h"
#include "lib/json/json.h"

namespace sonde::history {

// Document of schema/messages/event.schema.json. `monitors`: how many had a slot in the first minute of the gap that was missed, where that can be said.
Json gap_event(EventId id, TimePoint at, const std::string& region, const GapEdge& edge, std::optional<std::int64_t> monitors);

// Follows the gaps of all regions by what was just closed, in the transaction that closed it, and writes the events.
void tell_gaps(db::Tx& tx, const std::vector<Closed>& closed, const HistoryOptions& options);

}  // namespace sonde::history

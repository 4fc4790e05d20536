// What was told to end soon, in table expiry_told.
#pragma once

#include <vector>

#include "incident-engine/holdings.h"
#include "incident-engine/writes.h"
#include "lib/db/db.h"

namespace sonde::engine::expiry_store {

// What was told of the monitors of one shard and has not ended.
void load(db::Tx& tx, int shard, TimePoint now, Holdings& holdings);

// Writes down what is told from now on, and returns the events of what had been told before all the same: neither they nor what goes with
// them must be written (Deliberation::told_before). No statement where there is nothing.
std::vector<EventId> tell(db::Tx& tx, const Writes& writes, TimePoint now);

}  // namespace sonde::engine::expiry_store

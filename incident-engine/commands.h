// What people asked for and is not answered yet: read, decided on, answered.
#pragma once

#include <vector>

#include "incident-engine/deliberation.h"
#include "lib/db/db.h"

namespace sonde::engine::commands {

// Decides on the oldest commands of these shards, up to a bound; their answers are among the deliberation's writes.
void answer(db::Tx& tx, const std::vector<int>& shards, milliseconds reopen_within, Deliberation& deliberation);

}  // namespace sonde::engine::commands

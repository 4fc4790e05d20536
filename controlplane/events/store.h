// Reading the outbox in the order in which events are told.
#pragma once

#include <optional>
#include <vector>

#include "controlplane/events/event.h"
#include "lib/db/db.h"

namespace sonde::events::store {

// All throw db::DbError. What is still being written, or committed while an older writer is under way, is not there yet: so nothing can
// appear later before a position that was read.

// The newest; before all others if there is none.
Position newest(db::Tx& tx);
// Nothing if there is no such event, or none any more, or none yet.
std::optional<Position> find(db::Tx& tx, EventId id);
// At most `limit` after `after`, up to and with `until` if that is given.
std::vector<Event> read(db::Tx& tx, const Position& after, const std::optional<Position>& until, int limit);

}  // namespace sonde::events::store

// What is given up is an event of its own, in the transaction that gives it up: somebody else is told.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/db/db.h"

namespace sonde::notifier {

// Writes a delivery.dead for each of these deliveries, which are dead by now; not for those of a delivery.dead, so that there is no circle. Throws DbError.
void tell_dead(db::Tx& tx, const std::vector<std::int64_t>& deliveries);

}  // namespace sonde::notifier

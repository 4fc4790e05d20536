// Which deliveries newer news of the same thing made old (notifier/core/supersede.h), by what the outbox says.
#pragma once

#include <vector>

#include "lib/base/id.h"
#include "lib/db/db.h"
#include "notifier/core/delivery.h"

namespace sonde::notifier {

struct Superseded {
    DeliveryId delivery;
    Reason reason;
};

// Of these deliveries the old ones. Throws DbError.
std::vector<Superseded> superseded(db::Tx& tx, const std::vector<std::int64_t>& deliveries);

}  // namespace sonde::notifier

// What ends of attempts make of their deliveries and channels, of many of them with a few statements: that is most of what a message costs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/db/db.h"
#include "notifier/ledger/ledger.h"

namespace sonde::notifier {

// Each of another delivery; the answers are in the same order. `owner` is whose leases count. Throws DbError.
std::vector<Recorded> record_ends(db::Tx& tx, const std::string& owner, const RetryPolicy& retry, std::span<const Finished> finished);

}  // namespace sonde::notifier

// Decides which regions are believed, from what all engines report, and does what people ask for about regions and advisories. One engine
// at a time, by the lease task/arbiter. All engines hear of it by `change`.
#pragma once

#include <functional>
#include <map>

#include "incident-engine/event.h"
#include "incident-engine/metrics.h"
#include "lib/db/db.h"
#include "lib/decision/arbitration.h"

namespace sonde::engine {

// Not thread-safe. Throws db::DbError.
class Arbiter {
public:
    Arbiter(db::Pool& pool, decision::ArbitrationSettings settings, Metrics& metrics) : pool_(pool), settings_(settings), metrics_(metrics) {}

    // Decides on the newest reports. `fence` is called in the transaction that writes. Returns true if something was told.
    bool step(const std::function<void(db::Tx&)>& fence);
    // Answers what was asked for by people. The same.
    bool answer(const std::function<void(db::Tx&)>& fence);

    // Another engine arbitrates.
    void stand_by() {
        waiting_since_.clear();
        metrics_.regions_quarantined.set(0);
    }

private:
    db::Pool& pool_;
    const decision::ArbitrationSettings settings_;
    Metrics& metrics_;
    std::map<int, MonotonicPoint> waiting_since_;  // regions that not all engines have reported on yet
};

}  // namespace sonde::engine

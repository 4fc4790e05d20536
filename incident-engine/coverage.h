// Watches the agents' signs of life: a region that no agent covers is told once, and so is its return.
#pragma once

#include <map>
#include <string>

#include "lib/bus/bus.h"
#include "lib/db/db.h"
#include "lib/db/lease.h"

namespace sonde::engine {

class Coverage {
public:
    // `silence` is how long an agent may be unseen.
    Coverage(db::Pool& pool, milliseconds silence) : pool_(pool), silence_(silence) {}

    // Compares what is with what was told, and tells the difference. `fence` is called in the transaction that writes.
    // Returns true if something was told. Throws db::DbError.
    bool step(const std::function<void(db::Tx&)>& fence);

    // The agents could not be observed until now: their silence means nothing before it has lasted again.
    void begin_anew() { observing_since_ = std::chrono::steady_clock::now(); }

private:
    bool is_wanted(db::Tx& tx, const std::string& region);

    db::Pool& pool_;
    const milliseconds silence_;
    MonotonicPoint observing_since_ = std::chrono::steady_clock::now();
    std::map<std::string, MonotonicPoint> ask_at_;  // of regions that were not wanted
};

}  // namespace sonde::engine

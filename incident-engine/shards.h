// Which shards are ours: leases in the database, shared out evenly among the engines that live.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lib/db/lease.h"

namespace sonde::engine {

class Shards {
public:
    // `owner` is unique to this engine. Not thread-safe.
    Shards(db::Pool& pool, std::string owner, milliseconds lease);

    struct Change {
        std::vector<int> gained;
        std::vector<int> lost;  // also those that were lost and gained again in between: both
    };
    // Renews what is ours up to our share, and takes what is free up to it.
    Change renew();
    // After a transaction was fenced off: nothing counts as ours until the next `renew`. Returns what was.
    std::vector<int> forget();
    // Gives everything up, so that a successor need not wait.
    void release();

    [[nodiscard]] const std::vector<db::Lease>& leases() const { return held_; }
    [[nodiscard]] const std::set<int>& owned() const { return owned_; }
    void fence(db::Tx& tx) const { shards_.fence(tx, held_); }

private:
    db::Pool& pool_;
    std::string presence_;  // the name of the lease that says this engine lives
    db::Leases presence_leases_;
    db::Leases shards_;
    std::vector<db::Lease> held_;
    std::set<int> owned_;
};

}  // namespace sonde::engine

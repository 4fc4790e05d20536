// Leases in the database with a fencing epoch: at most one holder acts, whatever stops, pauses or partitions the others.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/db/db.h"

namespace sonde::db {

struct Lease {
    std::string name;
    std::int64_t epoch = 0;
};

// By the database's clock only. `owner` names this process for people and must be unique to it.
class Leases {
public:
    Leases(Pool& pool, std::string owner, milliseconds duration);

    // Renews what is held and takes what is free of `names`, the first first, but never more than `at_most` in all: what is held
    // beyond that is given up. Returns all held now. A lease that was taken by another since has a new epoch and is not among them.
    // Throws DbError; then what was held stays so until it expires.
    std::vector<Lease> hold(const std::vector<std::string>& names, std::size_t at_most);
    // As `hold` of all of them, but asks the database only when a quarter of the duration has passed since it last did; until then, what was held then. For tasks that are looked at more often than
    // leases need to be renewed, and that fence what they write. One set of names for each object. Not thread-safe.
    std::vector<Lease> keep(const std::vector<std::string>& names);
    // Gives up at once, so that a successor need not wait.
    void release(const std::vector<std::string>& names);

    // Inside a transaction: locks the lease rows for the transaction's length and throws Fenced if any is no longer ours.
    void fence(Tx& tx, const std::vector<Lease>& leases) const;

private:
    Pool& pool_;
    std::string owner_;
    milliseconds duration_;
    std::vector<Lease> kept_;
    mutable std::chrono::steady_clock::time_point keep_again_{};  // at once after a fence has fallen
};

class Fenced : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace sonde::db

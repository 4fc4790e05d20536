// Leases in the database with a fencing epoch: at most one holder acts, whatever stops, pauses or partitions the others.
#pragma once

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
    // Gives up at once, so that a successor need not wait.
    void release(const std::vector<std::string>& names);

    // Inside a transaction: locks the lease rows for the transaction's length and throws Fenced if any is no longer ours.
    void fence(Tx& tx, const std::vector<Lease>& leases) const;

private:
    Pool& pool_;
    std::string owner_;
    milliseconds duration_;
};

class Fenced : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace sonde::db

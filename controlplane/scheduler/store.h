// What the scheduler reads from the database and writes to it.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "controlplane/scheduler/dispatcher.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/db/lease.h"

namespace sonde::scheduler {

// The regions there are, in the order of names.
std::vector<std::string> load_regions(db::Pool& pool);

// The monitors of a share that are to be checked: enabled, not paused, of an active site, nothing deleted.
// Their jobs carry the secrets that their specs name.
std::vector<Definition> load_share(db::Pool& pool, const crypto::SecretBox& secrets, int share);

// Of `monitors`, those that are to be checked and belong to one of `shares`.
std::vector<Definition> load_monitors(db::Pool& pool, const crypto::SecretBox& secrets, const std::vector<int>& shares,
                                      const std::vector<std::int64_t>& monitors);

struct MonitorStatus {
    MonitorId id;
    int revision = 0;
    bool runs = false;
};
// The monitors of `sites` that belong to one of `shares`, without those deleted.
std::vector<MonitorStatus> load_site_status(db::Pool& pool, const std::vector<int>& shares, const std::vector<std::int64_t>& sites);

struct Changes {
    std::vector<std::int64_t> monitors;
    std::vector<std::int64_t> sites;
    bool regions = false;
};

// Follows the table `change`: each call gives what was committed since the one before, though transactions commit out of
// order; nothing is missed, and nothing is told twice. Not thread-safe.
class ChangeReader {
public:
    // The first call tells where to begin, and nothing else.
    Changes read(db::Pool& pool);
    // As new: for when rows may have been removed since the last call.
    void restart() { mark_.reset(); }
    [[nodiscard]] bool begun() const { return mark_.has_value(); }

private:
    std::optional<std::string> mark_;  // the least transaction that may have been under way
    std::unordered_set<std::string> told_;
};

// The cursor of a share whose lease we hold; set to `now` if it has none. Throws db::Fenced.
TimePoint open_cursor(db::Pool& pool, const db::Leases& leases, const db::Lease& lease, int share, TimePoint now);

enum class MoveOutcome : unsigned char { written, astray };

// Writes cursors and ledger in one transaction under `leases`. A move that was written before, though its commit was not
// confirmed, is not written again. `astray`: the cursor is at neither end of the move. One outcome for each move. Throws
// db::Fenced, and db::DbError: with `unavailable`, the same moves must be tried again before any further ones.
std::vector<MoveOutcome> write_moves(db::Pool& pool, const db::Leases& leases, const std::vector<db::Lease>& held,
                                     const std::vector<CursorMove>& moves, const std::vector<std::string>& region_names);

struct Members {
    int live = 1;
    TimePoint database_now;
};
// How many schedulers hold a lease `scheduler/member/…`.
Members count_members(db::Pool& pool);

std::string share_lease(int share);            // scheduler/<share>
std::string member_lease(std::string_view owner);  // scheduler/member/<owner>
std::optional<int> share_of_lease(std::string_view name);

}  // namespace sonde::scheduler

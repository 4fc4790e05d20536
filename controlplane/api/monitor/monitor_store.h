// Monitors in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/endpoint/state.h"
#include "controlplane/api/monitor/monitor_draft.h"
#include "controlplane/api/monitor/monitor_filter.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct Monitor {
    MonitorId id;
    MonitorDraft draft;  // without the secrets
    std::vector<std::string> secret_names;
    State state = State::pending;
    TimePoint state_since;
    milliseconds phase{0};
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
    std::string ping_token;  // of kinds that are heard of
    std::optional<TimePoint> flapping_since = std::nullopt;
    std::string core;        // of those too: the state as the engine keeps it; empty before there is one
};

using Monitors = Sorted<Monitor>;

namespace monitor_store {

std::optional<Monitor> find(db::Tx& tx, MonitorId id);
// As `find`, and nobody else changes or deletes it before the transaction ends.
std::optional<Monitor> lock(db::Tx& tx, MonitorId id);
// Those of `ids` that are there, in no order.
std::vector<Monitor> lock_all(db::Tx& tx, const std::vector<std::int64_t>& ids);
bool exists(db::Tx& tx, MonitorId id);
// Those of `ids` that are there, in no order.
std::vector<Monitor> find_all(db::Tx& tx, const std::vector<std::int64_t>& ids);
Monitors list(db::Tx& tx, const MonitorFilter& filter, const Sorting& sorting, const Page& page);

// The secrets of a monitor, which no other call gives.
check::Secrets secrets(db::Tx& tx, const crypto::SecretBox& box, MonitorId id);
// Of those of `ids` that have any.
std::map<MonitorId, check::Secrets> secrets_of(db::Tx& tx, const crypto::SecretBox& box, const std::vector<std::int64_t>& ids);

// The site of each is held by the caller, or was made in this transaction.
void insert(db::Tx& tx, const crypto::SecretBox& box, const std::vector<std::pair<MonitorId, const MonitorDraft*>>& monitors);
// Writes locked monitors as their next versions, their secrets included. Site and kind stay.
void update(db::Tx& tx, const crypto::SecretBox& box, const std::vector<std::pair<MonitorId, const MonitorDraft*>>& monitors);
// The policy of a locked monitor alone, as its next version.
void set_policy(db::Tx& tx, MonitorId id, const check::Policy& policy);
// A new token instead of the old one, which is nobody's from then on. The next version of a locked monitor.
void rotate_ping_token(db::Tx& tx, MonitorId id);
// Locked ones.
void remove(db::Tx& tx, const std::vector<std::int64_t>& ids);

// Those of `names` that are no region. The others cannot be deleted before the transaction ends.
std::vector<std::string> missing_regions(db::Tx& tx, const std::vector<std::string>& names);

}  // namespace monitor_store
}  // namespace sonde::controlplane

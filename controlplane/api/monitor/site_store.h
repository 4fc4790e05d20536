// Sites in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <optional>
#include <vector>

#include "controlplane/api/endpoint/sorted.h"
#include "controlplane/api/endpoint/state.h"
#include "controlplane/api/monitor/site_draft.h"
#include "controlplane/api/monitor/site_filter.h"
#include "lib/base/id.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct Site {
    SiteId id;
    SiteDraft draft;
    State state = State::pending;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

using Sites = Sorted<Site>;

namespace site_store {

std::optional<Site> find(db::Tx& tx, SiteId id);
// As `find`, and nobody else changes or deletes it before the transaction ends.
std::optional<Site> lock(db::Tx& tx, SiteId id);
// Those of `ids` that are there, in no order; their states are not looked up. Nobody else changes or deletes them before the transaction ends.
std::vector<Site> lock_all(db::Tx& tx, const std::vector<std::int64_t>& ids);
// True if the site is there, and will be until the transaction ends.
bool hold(db::Tx& tx, SiteId id);
// Those of `ids` that are there, in no order; their states are not looked up.
std::vector<Site> find_all(db::Tx& tx, const std::vector<std::int64_t>& ids);
Sites list(db::Tx& tx, const SiteFilter& filter, const Sorting& sorting, const Page& page);

void insert(db::Tx& tx, const std::vector<SiteId>& ids, const std::vector<const SiteDraft*>& drafts);
// Writes locked sites as their next versions.
void update(db::Tx& tx, const std::vector<SiteId>& ids, const std::vector<const SiteDraft*>& drafts);
// Locked ones with their monitors. The rows stay until the engine has closed what is open.
void remove(db::Tx& tx, const std::vector<std::int64_t>& ids);

}  // namespace site_store
}  // namespace sonde::controlplane

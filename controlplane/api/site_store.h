// Sites in the database. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <optional>
#include <vector>

#include "controlplane/api/conditions.h"
#include "controlplane/api/page.h"
#include "controlplane/api/site_draft.h"
#include "controlplane/api/state.h"
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

struct SiteFilter {
    std::optional<std::string> name;  // exactly
    std::optional<std::string> tag;
    std::optional<bool> active;
};

namespace site_store {

std::optional<Site> find(db::Tx& tx, SiteId id);
// As `find`, and nobody else changes or deletes it before the transaction ends.
std::optional<Site> lock(db::Tx& tx, SiteId id);
// True if the site is there, and will be until the transaction ends.
bool hold(db::Tx& tx, SiteId id);
std::vector<Site> list(db::Tx& tx, const SiteFilter& filter, const Page& page);

void insert(db::Tx& tx, const std::vector<SiteId>& ids, const std::vector<const SiteDraft*>& drafts);
// Writes a locked site as its next version.
void update(db::Tx& tx, SiteId id, const SiteDraft& draft);
// With its monitors. The rows stay until the engine has closed what is open.
void remove(db::Tx& tx, SiteId id);

}  // namespace site_store
}  // namespace sonde::controlplane

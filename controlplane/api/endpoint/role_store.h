// What roles may do, by name: those that there always are, and those in the table. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "controlplane/access/role_draft.h"
#include "controlplane/api/endpoint/permission.h"
#include "lib/base/instant.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

struct StoredRole {
    RoleDraft draft;
    int version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

namespace role_store {

// Nothing if there is no such role. Keys that this program does not know are left out.
std::optional<Permissions> permissions_of(db::Tx& tx, std::string_view role);
// As `permissions_of`, and nobody changes or deletes it before the transaction ends: for whoever gives the role to somebody.
std::optional<Permissions> hold(db::Tx& tx, std::string_view role);

// Of those in the table.
std::optional<StoredRole> find(db::Tx& tx, std::string_view name);
// As `find`, and nobody else changes, deletes or gives it before the transaction ends.
std::optional<StoredRole> lock(db::Tx& tx, std::string_view name);
// At most `limit`, by name, after `after`.
std::vector<StoredRole> list(db::Tx& tx, std::string_view after, int limit);
void insert(db::Tx& tx, const RoleDraft& draft);
void update(db::Tx& tx, const RoleDraft& draft);
void remove(db::Tx& tx, std::string_view name);
// How many have it.
std::int64_t holders(db::Tx& tx, std::string_view name);

}  // namespace role_store
}  // namespace sonde::controlplane

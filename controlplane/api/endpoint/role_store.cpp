#include "controlplane/api/endpoint/role_store.h"

namespace sonde::controlplane::role_store {
namespace {

constexpr db::Statement kPermissions{"role_permissions", "select permissions from role where name = $1"};
constexpr db::Statement kHold{"role_hold", "select permissions from role where name = $1 for share"};
constexpr db::Statement kFind{"role_find", "select name, title, permissions, version, created_at, updated_at from role where name = $1"};
constexpr db::Statement kLock{"role_lock", "select name, title, permissions, version, created_at, updated_at from role where name = $1 for update"};
constexpr db::Statement kList{"role_list", R"(
    select name, title, permissions, version, created_at, updated_at from role where name collate "C" > $1 order by name collate "C" limit $2)"};
constexpr db::Statement kInsert{"role_insert", "insert into role (name, title, permissions) values ($1, $2, $3)"};
constexpr db::Statement kUpdate{"role_update", R"(
    update role set title = $2, permissions = $3, version = version + 1, updated_at = now() where name = $1)"};
constexpr db::Statement kRemove{"role_remove", "delete from role where name = $1"};
constexpr db::Statement kHolders{"role_holders", "select count(*) from role_use where role = $1"};

StoredRole read(const db::Row& row) {
    return {{std::string(row.text(0)), std::string(row.text(1)), permissions_named(row.texts(2))}, row.small(3), row.time(4), row.time(5)};
}

std::optional<StoredRole> first(const db::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    return read(rows[0]);
}

std::optional<Permissions> permissions(db::Tx& tx, const db::Statement& statement, std::string_view role) {
    if (const auto known = from_name<Role>(role)) return controlplane::permissions_of(*known);
    const auto rows = tx.run(statement, {role});
    if (rows.empty()) return std::nullopt;
    return permissions_named(rows[0].texts(0));
}

}  // namespace

std::optional<Permissions> permissions_of(db::Tx& tx, std::string_view role) { return permissions(tx, kPermissions, role); }
std::optional<Permissions> hold(db::Tx& tx, std::string_view role) { return permissions(tx, kHold, role); }

std::optional<StoredRole> find(db::Tx& tx, std::string_view name) { return first(tx.run(kFind, {name})); }
std::optional<StoredRole> lock(db::Tx& tx, std::string_view name) { return first(tx.run(kLock, {name})); }

std::vector<StoredRole> list(db::Tx& tx, std::string_view after, int limit) {
    std::vector<StoredRole> roles;
    for (const auto row : tx.run(kList, {after, limit})) roles.push_back(read(row));
    return roles;
}

void insert(db::Tx& tx, const RoleDraft& draft) { tx.run(kInsert, {draft.name, draft.title, keys_of(draft.permissions)}); }
void update(db::Tx& tx, const RoleDraft& draft) { tx.run(kUpdate, {draft.name, draft.title, keys_of(draft.permissions)}); }
void remove(db::Tx& tx, std::string_view name) { tx.run(kRemove, {name}); }
std::int64_t holders(db::Tx& tx, std::string_view name) { return tx.run(kHolders, {name})[0].whole(0); }

}  // namespace sonde::controlplane::role_store

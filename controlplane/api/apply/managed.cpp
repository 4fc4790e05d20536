#include "controlplane/api/apply/managed.h"

#include <algorithm>

namespace sonde::controlplane::apply_api::managed_store {
namespace {

constexpr db::Statement kLock{"managed_lock", "select pg_advisory_xact_lock(hashtextextended('sonde apply ' || $1, 0))"};
constexpr db::Statement kLoad{"managed_load", "select kind, key, resource, made, applied, version from managed where owner = $1"};
constexpr db::Statement kOthers{"managed_others", R"(
    select kind, resource, m.owner, m.applied
    from managed m join unnest($2::text[], $3::text[]) as t (kind, resource) using (kind, resource)
    where m.owner <> $1)"};
constexpr db::Statement kAllOthers{"managed_all_others", "select kind, resource, owner, applied from managed where owner <> $1"};
constexpr db::Statement kPut{"managed_put", R"(
    insert into managed (owner, kind, key, resource, made, applied, version)
    select $1, kind, key, resource, made, applied, version
    from unnest($2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::integer[]) as t (kind, key, resource, made, applied, version)
    on conflict (owner, kind, key) do update
        set resource = excluded.resource, made = excluded.made, applied = excluded.applied, version = excluded.version, applied_at = now())"};
constexpr db::Statement kRemove{"managed_remove", R"(
    delete from managed m using unnest($2::text[], $3::text[]) as t (kind, key)
    where m.owner = $1 and m.kind = t.kind and m.key = t.key)"};

Kind kind_in(const db::Row& row) {
    if (const auto kind = from_name<Kind>(row.text(0))) return *kind;
    throw db::DbError(db::Failure::broken, "a managed resource is of an unknown kind");
}

std::multimap<Key, Claim> read_claims(const db::Rows& rows) {
    std::multimap<Key, Claim> claims;
    for (const auto row : rows) claims.emplace(Key{kind_in(row), std::string(row.text(1))}, Claim{std::string(row.text(2)), std::string(row.text(3))});
    return claims;
}

struct Names {
    std::vector<std::string> kinds;
    std::vector<std::string> names;
    explicit Names(const std::vector<Key>& keys) {
        for (const auto& [kind, name] : keys) {
            kinds.emplace_back(name_of(kind));
            names.push_back(name);
        }
    }
};

}  // namespace

void lock(db::Tx& tx, const std::string& owner) { tx.run(kLock, {owner}); }

std::map<Key, Managed> load(db::Tx& tx, const std::string& owner) {
    std::map<Key, Managed> rows;
    for (const auto row : tx.run(kLoad, {owner})) {
        rows[{kind_in(row), std::string(row.text(1))}] = {std::string(row.text(2)), row.boolean(3), std::string(row.text(4)), row.small(5)};
    }
    return rows;
}

std::multimap<Key, Claim> others(db::Tx& tx, const std::string& owner, const std::vector<Key>& resources) {
    const Names of(resources);
    return read_claims(tx.run(kOthers, {owner, of.kinds, of.names}));
}

std::multimap<Key, Claim> all_others(db::Tx& tx, const std::string& owner) { return read_claims(tx.run(kAllOthers, {owner})); }

void put(db::Tx& tx, const std::string& owner, const std::vector<std::pair<Key, Managed>>& rows) {
    constexpr std::size_t chunk = 5000;
    for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
        std::vector<std::string> kinds, keys, resources, applied;
        std::vector<bool> made;
        std::vector<int> versions;
        for (std::size_t i = begin; i < std::min(rows.size(), begin + chunk); ++i) {
            const auto& [key, row] = rows[i];
            kinds.emplace_back(name_of(key.first));
            keys.push_back(key.second);
            resources.push_back(row.resource);
            made.push_back(row.made);
            applied.push_back(row.applied);
            versions.push_back(row.version);
        }
        tx.run(kPut, {owner, kinds, keys, resources, made, applied, versions});
    }
}

void remove(db::Tx& tx, const std::string& owner, const std::vector<Key>& keys) {
    if (keys.empty()) return;
    const Names of(keys);
    tx.run(kRemove, {owner, of.kinds, of.names});
}

}  // namespace sonde::controlplane::apply_api::managed_store

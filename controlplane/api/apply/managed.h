// The table `managed`: which resource a key of somebody's files stands for. Every call is part of the caller's transaction and throws DbError.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/api/apply/kind.h"
#include "lib/db/db.h"

namespace sonde::controlplane::apply_api {

struct Managed {
    std::string resource;
    bool made = true;
    std::string applied;  // JSON text
    int version = 0;      // of the resource, when that was so
};

using Key = std::pair<Kind, std::string>;

// A field that the files of somebody else set.
struct Claim {
    std::string owner;
    std::string applied;
};

namespace managed_store {

// One at a time applies the files of an owner, until the transaction ends.
void lock(db::Tx& tx, const std::string& owner);
std::map<Key, Managed> load(db::Tx& tx, const std::string& owner);
// What other owners say of these resources, by kind and identifier.
std::multimap<Key, Claim> others(db::Tx& tx, const std::string& owner, const std::vector<Key>& resources);
// All others, for an export.
std::multimap<Key, Claim> all_others(db::Tx& tx, const std::string& owner);
void put(db::Tx& tx, const std::string& owner, const std::vector<std::pair<Key, Managed>>& rows);
void remove(db::Tx& tx, const std::string& owner, const std::vector<Key>& keys);

}  // namespace managed_store
}  // namespace sonde::controlplane::apply_api

// What the files had and have no more.
#pragma once

#include <map>
#include <set>

#include "controlplane/api/apply/managed.h"
#include "controlplane/api/apply/plan.h"
#include "controlplane/api/apply/stock.h"

namespace sonde::controlplane::apply_api {

// Of the owner's rows those whose resource none of the wanted ones is (`taken`): removed, if that is asked for, the files made it, and nothing goes with it
// that they did not make; else told. What is over is released whether that is asked for or not. Adds the steps; returns the keys that stand for nothing from now on.
std::vector<Key> prune_or_tell(db::Tx& tx, const Stocks& stocks, const Request& request, const std::map<Key, Managed>& rows, const std::set<Key>& taken,
                               TimePoint now, Plan& plan, json::Problems& problems);

}  // namespace sonde::controlplane::apply_api

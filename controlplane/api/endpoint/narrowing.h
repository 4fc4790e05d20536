// Lists by conditions whose frequency the database cannot guess: parts of words, tags, regions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "controlplane/api/endpoint/conditions.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

// The identifiers of all that match, by the indexes of the conditions, if those are few. If they are many (nothing), a walk through the list in its order comes
// upon a page of them soon. A wrong guess would read the whole table, for one item or for none. `from` is a table and its alias.
std::optional<std::vector<std::int64_t>> few_matches(db::Tx& tx, std::string_view from, std::string_view id, const Conditions& conditions);

}  // namespace sonde::controlplane

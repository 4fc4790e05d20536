// Documents of others, as queries see them: read leniently where RFC 8259 leaves it open, of any depth, and written again without recursion.
#pragma once

#include <string>
#include <string_view>

#include "lib/json/json.h"

namespace sonde::jsonpath {

// json::parse as strangers' documents want it: of members of one name the last counts.
inline Result<Json> read_document(std::string_view text, json::Limits limits = {.depth = 1000}) {
    limits.duplicates = json::Duplicates::last_counts;
    return json::parse(text, limits);
}

// The values as a JSON array, compact. Error: it would be longer than `max_bytes`, as the nodes of a deep document, each with all below it, are.
Result<std::string> write_values(const std::vector<const Json*>& values, std::size_t max_bytes = 16 << 20);

}  // namespace sonde::jsonpath

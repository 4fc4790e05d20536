// Documents of others, as queries see them: read leniently where RFC 8259 leaves it open, of any depth, and written again without recursion.
#pragma once

#include <string>
#include <string_view>

#include "lib/json/json.h"

namespace sonde::jsonpath {

struct DocumentLimits {
    std::size_t bytes = 1 << 20;
    std::size_t depth = 1000;
};

// Unlike json::parse: of members of one name the last counts, at the place of the first, and the time is linear in the text even for
// an object with very many members. Refuses bad syntax and bad UTF-8 (also a half of a surrogate pair), numbers beyond a double, and what
// is over the limits. Integers are exact from -2^63 to 2^64-1. The error may follow the document's name: `is not valid JSON near byte 2`.
Result<Json> read_document(std::string_view text, DocumentLimits limits = {});

// The values as a JSON array, compact. Error: it would be longer than `max_bytes`, as the nodes of a deep document, each with all below it, are.
Result<std::string> write_values(const std::vector<const Json*>& values, std::size_t max_bytes = 16 << 20);

}  // namespace sonde::jsonpath

// Normalized paths (section 2.7): the one way to write where a node is, `$['store']['book'][0]`.
#pragma once

#include <string>
#include <vector>

#include "lib/jsonpath/path.h"

namespace sonde::jsonpath {

// Of each of the nodes, which must be of this document; in their order. One walk over the document, without recursion. Error: all of them
// together would be longer than `max_bytes`, as those of many deep nodes are.
Result<std::vector<std::string>> normalized_paths(const Json& document, const Nodes& nodes, std::size_t max_bytes = 16 << 20);

}  // namespace sonde::jsonpath

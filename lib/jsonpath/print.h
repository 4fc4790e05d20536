// Queries and names as text. Internal to lib/jsonpath.
#pragma once

#include <string>
#include <string_view>

#include "lib/jsonpath/query.h"

namespace sonde::jsonpath {

std::string print(const Query& query);

// As normalized paths quote names (section 2.7): `'`, with the fewest escapes.
std::string quote_name(std::string_view name);

}  // namespace sonde::jsonpath

// JSON documents as YAML for people, which `read_trees` reads back equal.
#pragma once

#include <string>
#include <string_view>

#include "lib/json/json.h"

namespace sonde::config {

// The members of a map in block style, each line indented by `indent`; lists and maps that are short stand on their line. `${` is written `$${`, so that it
// is not taken for a variable.
std::string write_yaml(const Json& map, int indent = 0);

// One value, on one line.
std::string write_yaml_inline(const Json& value);

// Text that is taken for a key or a value as it stands, or in quotes.
std::string write_yaml_text(std::string_view text);

}  // namespace sonde::config

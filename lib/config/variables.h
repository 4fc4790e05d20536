// Environment variables in configuration: `${NAME}`, `${NAME:-default}`; `$${` stands for `${`. Internal to lib/config.
#pragma once

#include <string>
#include <string_view>

namespace sonde::config {

struct Replaced {
    std::string text;
    std::string wrong;  // what is wrong with it, without any value; empty: nothing
};

// Replaces what `source` names from the environment. The default is taken if the variable is unset or empty.
Replaced replace_variables(std::string_view source);

}  // namespace sonde::config

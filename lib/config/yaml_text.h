// Values as YAML text that reads back to the same value. Internal to lib/config.
#pragma once

#include <string>
#include <string_view>

namespace sonde::config {

// In double quotes, with control characters escaped.
std::string quoted(std::string_view text);

// As `quoted`, and with `${` written `$${`, so that it is not taken for a variable.
std::string yaml_text(std::string_view value);

}  // namespace sonde::config

// Bytes as people write them in specs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::check {

// The bytes of hexadecimal digits, of which spaces may stand between pairs. Nothing if they are none.
std::optional<std::string> from_hex(std::string_view digits);

}  // namespace sonde::check

// Durations as people write them in configuration: `500ms`, `10s`, `5m`, `1h30m`, `7d`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/instant.h"

namespace sonde {

// One or more `<whole number><unit>` with units ms, s, m, h, d in falling order; `0` needs no unit.
// Nothing for anything else, and for more than 100 years.
std::optional<milliseconds> parse_duration(std::string_view text);

// The shortest text that `parse_duration` reads back to the same value.
std::string format_duration(milliseconds duration);

}  // namespace sonde

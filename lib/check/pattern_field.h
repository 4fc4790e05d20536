// Regular expressions in specs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/json/reader.h"
#include "lib/regex/pattern.h"

namespace sonde::check {

// What a peer sends is matched on the loop: instructions of a pattern that may be.
inline constexpr std::size_t kMaxLoopPatternSize = 500;

// The text of a field and what it compiles to. The empty text is taken, and is no pattern.
bool read_pattern(json::Reader& in, std::string_view field, std::string& text, std::optional<regex::Pattern>& pattern);

}  // namespace sonde::check

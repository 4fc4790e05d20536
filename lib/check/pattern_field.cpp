#include "lib/check/pattern_field.h"

#include <fmt/format.h>

namespace sonde::check {

bool read_pattern(json::Reader& in, std::string_view field, std::string& text, std::optional<regex::Pattern>& pattern) {
    std::string given;
    if (!in.text(field, given, {.max = regex::kMaxPatternBytes})) return false;
    if (given.empty()) return true;
    auto compiled = regex::Pattern::compile(given);
    if (!compiled) {
        in.refuse(field, compiled.error().message);
        return false;
    }
    if (compiled->size() > kMaxLoopPatternSize) {
        in.refuse(field, fmt::format("is a regular expression of more than {} steps", kMaxLoopPatternSize));
        return false;
    }
    text = std::move(given);
    pattern = std::move(*compiled);
    return true;
}

}  // namespace sonde::check

// JSON documents off the hot path: configuration, API bodies, stored documents. Hot messages use lib/message instead.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace sonde {

// Keys keep the order in which they were set, so that what we write reads as it was meant to.
using Json = nlohmann::ordered_json;

namespace json {

struct Limits {
    std::size_t bytes = 1 << 20;
    int depth = 32;
};

// Parses one document. Refuses with position and reason: bad syntax, bad UTF-8, duplicate keys, too large, too deep.
Result<Json> parse(std::string_view text, Limits limits = {});

// Compact text; invalid UTF-8 in strings is replaced by U+FFFD, never thrown at.
std::string dump(const Json& document);
std::string dump_pretty(const Json& document);

// `text` as a string that every part of Sonde can hold: what is not UTF-8 becomes U+FFFD, and U+0000, which PostgreSQL's jsonb refuses, a space.
std::string clean_utf8(std::string_view text);

}  // namespace json
}  // namespace sonde

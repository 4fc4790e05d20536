// JSON documents off the hot path: configuration, API bodies, stored documents. Hot messages use lib/message instead.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lib/base/result.h"

// Compiled once, in json.cpp, instead of wherever a document is made.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace sonde {

// Keys keep the order in which they were set, so that what we write reads as it was meant to.
using Json = nlohmann::ordered_json;

namespace json {

// Members of one name in one object, of which RFC 8259 says nothing: an error in what is ours; elsewhere the last counts, at the place of the first.
enum class Duplicates : unsigned char { refuse, last_counts };

struct Limits {
    std::size_t bytes = 1 << 20;
    std::size_t depth = 32;
    Duplicates duplicates = Duplicates::refuse;
};

// Parses one document, without recursion and in time linear in the text. Refuses with position and reason: bad syntax, bad UTF-8 (also a half of
// a surrogate pair), numbers beyond a double, duplicate keys unless they may be, and what is over the limits. Integers are exact from -2^63
// to 2^64-1. The error may follow the document's name: `is not valid JSON near byte 2`.
Result<Json> parse(std::string_view text, Limits limits = {});

// Compact text; invalid UTF-8 in strings is replaced by U+FFFD, never thrown at.
std::string dump(const Json& document);
std::string dump_pretty(const Json& document);

// As `document.update(members)`, of objects, without a copy of what is in them.
void add(Json& document, Json members);

// Whether both hold the same, whatever the order of their keys: the database keeps documents in an order of its own.
bool same_content(const Json& left, const Json& right);

// `text` as a string that every part of Sonde can hold: what is not UTF-8 becomes U+FFFD, and U+0000, which PostgreSQL's jsonb refuses, a space.
std::string clean_utf8(std::string_view text);

}  // namespace json
}  // namespace sonde

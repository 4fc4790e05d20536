// Header fields that a check sends (RFC 9110, section 5).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/json/reader.h"

namespace sonde::check {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

struct HeaderRule {
    std::vector<std::string_view> refused;  // in lower case: those the probe sets itself; `x-*` is all that begin with `x-`
    std::size_t most = 50;
    std::size_t bytes = 16 * 1024;  // of all together, so that a batch of jobs stays below the bus's limit
    bool lower_case = false;        // names must be
};

// An object, name to value. Every mistake is reported at its own pointer; names that differ by case alone are the same.
void read_header_fields(json::Reader& in, std::string_view field, HeaderFields& target, const HeaderRule& rule, json::Problems& problems);
Json write_header_fields(const HeaderFields& fields);

// A token of RFC 9110, section 5.6.2.
bool is_token(std::string_view text);
std::string lower_case(std::string_view text);

}  // namespace sonde::check

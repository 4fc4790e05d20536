// What the audit has, as it is shown: with the identifiers of the API instead of the numbers of the database. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/json/json.h"

namespace sonde::controlplane {

// `site:17` as `site:sit_…`, and back. What is of no known sort, and what is no number, stays as it is.
std::string shown_object(std::string_view stored);
std::string stored_object(std::string_view shown);

// A row, or those of its fields that changed.
Json shown_row(std::string_view object, Json row);

}  // namespace sonde::controlplane

// What POST /v1/apply answered, for people. Pure.
#pragma once

#include <string>

#include "lib/json/json.h"

namespace sonde::cli::apply {

// A line for each resource that changes and one for each of its fields, and at the end how many of each.
std::string present(const Json& answer);

// Whether anything was, or would be, made, changed or deleted.
bool changes(const Json& answer);

}  // namespace sonde::cli::apply

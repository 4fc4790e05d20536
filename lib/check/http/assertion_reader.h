// Reading the assertions of an HTTP spec.
#pragma once

#include "lib/check/http/spec.h"

namespace sonde::check {

constexpr std::size_t kMaxAssertions = 50;

// Reads `assertions`. Must be called when the rest of the spec was read: what an answer to its request can never show is refused.
void read_assertions(json::Reader& in, HttpSpec& spec, json::Problems& problems);

}  // namespace sonde::check

// Instants in the JSON documents of this library: milliseconds since the epoch.
#pragma once

#include "lib/base/instant.h"
#include "lib/json/reader.h"

namespace sonde::decision {

// Wide enough for every instant and counter that is written.
inline constexpr std::int64_t kLeast = INT64_MIN / 2;
inline constexpr std::int64_t kMost = INT64_MAX / 2;

// Leaves the target as it is if the field is absent or refused.
inline void read_time(json::Reader& in, std::string_view field, TimePoint& target) {
    std::int64_t ms = 0;
    if (in.whole(field, ms, kLeast, kMost)) target = from_unix_ms(ms);
}

}  // namespace sonde::decision

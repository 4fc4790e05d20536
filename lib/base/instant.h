// Wall-clock instants with millisecond resolution, and their RFC 3339 text.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sonde {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// An instant in UTC. In pure code it only ever comes in with an event.
using TimePoint = std::chrono::sys_time<milliseconds>;

// The scheduled instant of a check. It is the key of a slot: unique for a monitor, and it survives edits of the interval.
using Slot = TimePoint;

using MonotonicPoint = std::chrono::steady_clock::time_point;

TimePoint wall_now();

constexpr std::int64_t to_unix_ms(TimePoint at) { return at.time_since_epoch().count(); }
constexpr TimePoint from_unix_ms(std::int64_t ms) { return TimePoint{milliseconds{ms}}; }

// `2026-01-31T23:59:59.123Z`; always UTC, always three decimals. RFC 3339, section 5.6.
std::string to_rfc3339(TimePoint at);

// Any RFC 3339 date-time, with any offset; decimals beyond the third are cut off.
// Nothing if the text is not one, or names a day that does not exist.
std::optional<TimePoint> from_rfc3339(std::string_view text);

}  // namespace sonde

#include <algorithm>

#include "lib/calendar/pattern.h"

namespace sonde::calendar {
namespace {

using std::chrono::floor;

// Times of the pattern are looked for in the order of the clock on the wall; that is the order of the instants they mean, too.
std::optional<TimePoint> next_of_local(const Pattern& pattern, const Zone& zone, bool skips, TimePoint after) {
    auto from = zone.local(after) + milliseconds{1};
    while (const auto found = pattern.first(from, kEndDay)) {
        const auto reading = zone.read(*found);
        const bool skipped = reading.kind == Reading::Kind::never;
        if (!skipped || !skips) {
            const auto at = floor<milliseconds>(skipped ? reading.change : reading.first);
            if (at > after) return at;
        }
        // Skipped, or in a repeated hour whose first pass is over: no other time of the same gap or hour is any better.
        from = std::max(*found + microseconds{1}, reading.end);
    }
    return std::nullopt;
}

// Between two changes of the clocks, local times and instants differ by a constant.
std::optional<TimePoint> next_of_real_time(const Pattern& pattern, const Zone& zone, TimePoint after) {
    Instant from = after + milliseconds{1};
    while (zone.local(from) < kEndDay) {
        const auto offset = zone.offset(from);
        const auto local = [&](Instant at) { return Local{(at + offset).time_since_epoch()}; };
        const auto change = zone.change_after(from);
        if (const auto found = pattern.first(local(from), change ? local(change->at) : Local{kEndDay})) {
            return floor<milliseconds>(Instant{found->time_since_epoch() - offset});
        }
        if (!change) return std::nullopt;
        from = change->at;
    }
    return std::nullopt;
}

}  // namespace

std::optional<TimePoint> next_after(const Pattern& pattern, const Zone& zone, ClockChange rule, TimePoint after) {
    if (rule == ClockChange::real_time) return next_of_real_time(pattern, zone, after);
    return next_of_local(pattern, zone, rule == ClockChange::not_in_gap, after);
}

}  // namespace sonde::calendar

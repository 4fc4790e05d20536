#include <algorithm>

#include "lib/calendar/recurrence.h"

namespace sonde::calendar {
namespace {

TimePoint cut(Instant at) { return std::chrono::floor<milliseconds>(at); }

}  // namespace

// Skipped local times are read by the offset before the gap: the instants of a gap's hour are those of the hour after it, so what the clock
// on the wall has in order need not be in order. A gap's times are therefore looked for apart.
std::optional<TimePoint> Recurrence::next_after(TimePoint after) const {
    std::optional<TimePoint> best;
    const auto offer = [&](Instant at) {
        if (cut(at) > after && (!best || cut(at) < *best)) best = cut(at);
    };

    Local from = rule_.zone.local(after) + milliseconds{1};
    while (const auto found = first(from)) {
        const auto reading = rule_.zone.read(*found);
        offer(reading.first);
        if (reading.kind == Reading::Kind::never) {
            if (const auto beyond = first(reading.end)) offer(rule_.zone.read(*beyond).first);
        }
        if (best) break;
        // A repeated hour whose first pass is over.
        from = std::max<Local>(*found + seconds{1}, reading.end);
    }

    // Is this just after a gap, where its times may still come?
    if (const auto change = rule_.zone.change_until(after); change && change->after > change->before) {
        const auto by_old_offset = [&](Instant at) { return Local{(at + change->before).time_since_epoch()}; };
        const Local gap_end{(change->at + change->after).time_since_epoch()};
        if (const Local here = by_old_offset(after); here < gap_end) {
            if (const auto found = first(here + milliseconds{1}); found && *found < gap_end) offer(Instant{found->time_since_epoch() - change->before});
        }
    }
    if (const auto* until = std::get_if<Instant>(&rule_.until); best && until != nullptr && *best > *until) return std::nullopt;
    return best;
}

}  // namespace sonde::calendar

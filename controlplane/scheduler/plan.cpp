#include "controlplane/scheduler/plan.h"

#include <bit>
#include <tuple>

namespace sonde::scheduler {

void add(Counts& to, const Counts& counts) {
    for (const auto& [key, count] : counts) {
        auto& sum = to[key];
        sum.expected += count.expected;
        sum.skipped += count.skipped;
    }
}

void count_slots(Placement placement, const std::vector<RegionIndex>& regions, const Timing& timing, TimePoint from, TimePoint to,
                 bool skipped, Counts& counts) {
    if (regions.empty()) return;
    const auto note = [&](TimePoint minute, RegionIndex region, std::int64_t slots) {
        auto& count = counts[{minute, region}];
        count.expected += slots;
        if (skipped) count.skipped += slots;
    };
    for (auto slot = slot_after(timing, from); slot <= to;) {
        const auto minute = minute_of(slot);
        if (placement == Placement::rotate) {
            for_each_region(placement, regions, timing, slot, [&](RegionIndex region) { note(minute, region, 1); });
            slot += timing.interval;
            continue;
        }
        const auto last_in_minute = std::min(minute + std::chrono::minutes{1} - milliseconds{1}, to);
        const auto slots = (last_in_minute - slot) / timing.interval + 1;
        for (const auto region : regions) note(minute, region, slots);
        slot += slots * timing.interval;
    }
}

std::uint8_t timeout_class(milliseconds timeout) {
    return static_cast<std::uint8_t>(std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(timeout / seconds{1}, 0))));
}

std::vector<JobGroup> group(std::vector<DueJob>& due, const BatchLimits& limits) {
    std::sort(due.begin(), due.end(), [](const DueJob& a, const DueJob& b) {
        return std::tie(a.region, a.timeout_class, a.job.slot) < std::tie(b.region, b.timeout_class, b.job.slot);
    });
    std::vector<JobGroup> groups;
    std::size_t bytes = 0;
    const DueJob* previous = nullptr;
    for (const auto& item : due) {
        const bool fits = previous != nullptr && previous->region == item.region && previous->timeout_class == item.timeout_class &&
                          groups.back().jobs.size() < limits.jobs && bytes + item.bytes <= limits.bytes;
        if (!fits) {
            groups.push_back({item.region, {}});
            bytes = 0;
        }
        groups.back().jobs.push_back(item.job);
        bytes += item.bytes;
        previous = &item;
    }
    return groups;
}

}  // namespace sonde::scheduler

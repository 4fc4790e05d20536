// The arithmetic of scheduling: when a check may start, where a slot runs, what travels together. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/base/shard.h"

namespace sonde::scheduler {

// Where slots run: in every region of the monitor, or in one after the other, in the order of names.
enum class Placement : unsigned char { all, rotate };

// A check may start until half an interval after its slot, but at least 2 s and at most 60 s after it: a later one would say
// more about the next slot than about its own.
constexpr milliseconds start_window(milliseconds interval) {
    return std::clamp(interval / 2, milliseconds{2'000}, milliseconds{60'000});
}

constexpr TimePoint not_after(Slot slot, milliseconds interval) { return slot + start_window(interval); }

// The minute of the ledger in which a slot is counted.
constexpr TimePoint minute_of(Slot slot) { return std::chrono::floor<std::chrono::minutes>(slot); }

// When a monitor's slots are.
struct Timing {
    milliseconds interval{0};
    milliseconds phase{0};
    friend bool operator==(const Timing&, const Timing&) = default;
};

constexpr Slot slot_after(const Timing& timing, TimePoint at) { return next_slot(timing.phase, timing.interval, at); }

// A region by its place in the scheduler's list of names; small, and the same as long as the process lives.
using RegionIndex = std::uint16_t;

// Calls `visit(region)` for each of `regions` in which the slot runs.
template <class Visit>
void for_each_region(Placement placement, const std::vector<RegionIndex>& regions, const Timing& timing, Slot slot, Visit visit) {
    if (regions.empty()) return;
    if (placement == Placement::all) {
        for (const auto region : regions) visit(region);
        return;
    }
    const auto number = slot_number(timing.phase, timing.interval, slot);
    visit(regions[static_cast<std::size_t>(number) % regions.size()]);
}

// What became of slots, by minute and region: as the ledger has it.
struct Count {
    std::int64_t expected = 0;
    std::int64_t skipped = 0;  // of those, deliberately not published
    friend bool operator==(const Count&, const Count&) = default;
};
using Counts = std::map<std::pair<TimePoint, RegionIndex>, Count>;

void add(Counts& to, const Counts& counts);

// How many slots lie in (from, to], added to `counts` as expected, and as skipped too if they are. At most one step of work for
// each minute or slot, whichever are fewer; for monitors that rotate, for each slot.
void count_slots(Placement placement, const std::vector<RegionIndex>& regions, const Timing& timing, TimePoint from, TimePoint to,
                 bool skipped, Counts& counts);

// One job that waits to be published. Names the monitor by its place in the roster, so that what was deleted or paused in the
// meantime is not published and what was edited is published as it is now.
struct JobRef {
    Slot slot;
    std::uint32_t monitor = 0;
    std::uint32_t generation : 24 = 0;  // of that place
    std::uint32_t share : 8 = 0;
};

struct DueJob {
    JobRef job;
    RegionIndex region = 0;
    std::uint8_t timeout_class = 0;
    std::uint32_t bytes = 0;  // of its text, about
};

// Jobs of one class have like time-outs (within a factor of two), so that a slow check holds the acknowledgement of the others
// up for no more than about their own time.
std::uint8_t timeout_class(milliseconds timeout);

struct BatchLimits {
    std::size_t jobs = 200;
    std::size_t bytes = 500'000;  // below half of the server's max_payload
};

struct JobGroup {
    RegionIndex region = 0;
    std::vector<JobRef> jobs;
};

// Divides what is due in one tick into messages: one region and one class each, within the limits (a job larger than the limit
// travels alone), earliest slots first. Reorders `due`.
std::vector<JobGroup> group(std::vector<DueJob>& due, const BatchLimits& limits);

}  // namespace sonde::scheduler

template <>
struct sonde::EnumNames<sonde::scheduler::Placement> {
    static constexpr std::array<std::string_view, 2> names{"all", "rotate"};
};

// Stable placement: which shard a site belongs to, and at what phase a monitor runs.
#pragma once

#include <cstdint>

#include "lib/base/id.h"
#include "lib/base/instant.h"

namespace sonde {

// How many ways the results stream is divided. Part of the message contract: a change of it is a migration.
constexpr int kShards = 4;

// How many shares the control planes divide the monitors into.
constexpr int kSchedulerShares = 16;

// The splitmix64 finaliser: every bit of the input moves every bit of the output. Never to be changed: phases depend on it.
constexpr std::uint64_t stable_hash(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31U);
}

constexpr int shard_of(SiteId site) {
    return static_cast<int>(stable_hash(static_cast<std::uint64_t>(site.value())) % kShards);
}

constexpr int scheduler_share_of(MonitorId monitor) {
    return static_cast<int>(stable_hash(static_cast<std::uint64_t>(monitor.value())) % kSchedulerShares);
}

// In [0, interval): slot k of the monitor is at phase + k·interval since the Unix epoch.
constexpr milliseconds phase_of(MonitorId monitor, milliseconds interval) {
    // The shares use the low bits; the phase uses the high ones, so that every share is spread over the interval.
    const auto hash = stable_hash(static_cast<std::uint64_t>(monitor.value())) >> 16U;
    return milliseconds{static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(interval.count()))};
}

// The first slot strictly after `at`.
constexpr Slot next_slot(milliseconds phase, milliseconds interval, TimePoint at) {
    const auto since = at.time_since_epoch() - phase;
    const auto k = since.count() >= 0 ? since.count() / interval.count() : -1;
    return Slot{phase + (k + 1) * interval};
}

// The number k of the slot at `slot`, for monitors that rotate through their regions.
constexpr std::int64_t slot_number(milliseconds phase, milliseconds interval, Slot slot) {
    return (slot.time_since_epoch() - phase).count() / interval.count();
}

}  // namespace sonde

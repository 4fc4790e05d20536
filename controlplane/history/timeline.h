// States over time: of a monitor, and of a site from those of its monitors. Pure.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "controlplane/api/endpoint/state.h"
#include "lib/base/instant.h"

namespace sonde::history {

using controlplane::State;

// From `since` on it is in `state`; without one it is not there (not made yet, deleted).
struct Edge {
    TimePoint since;
    std::optional<State> state;
    friend bool operator==(const Edge&, const Edge&) = default;
};

// Sorted by `since`. Before the first edge there is nothing.
using Timeline = std::vector<Edge>;

struct Span {
    TimePoint from;
    TimePoint to;
    State state{};
    friend bool operator==(const Span&, const Span&) = default;
};

// What of it is within [from, to), in order; neighbours of one state are one span.
std::vector<Span> spans_within(const Timeline& timeline, TimePoint from, TimePoint to);

// Time in each state.
class TimeIn {
public:
    [[nodiscard]] milliseconds& operator[](State state) { return times_[static_cast<std::size_t>(state)]; }
    [[nodiscard]] milliseconds operator[](State state) const { return times_[static_cast<std::size_t>(state)]; }
    [[nodiscard]] milliseconds all() const;
    friend bool operator==(const TimeIn&, const TimeIn&) = default;

private:
    std::array<milliseconds, 7> times_{};
};

TimeIn time_in(const Timeline& timeline, TimePoint from, TimePoint to);

// How many are in each state.
class Tally {
public:
    [[nodiscard]] int& operator[](State state) { return counts_[static_cast<std::size_t>(state)]; }
    [[nodiscard]] int operator[](State state) const { return counts_[static_cast<std::size_t>(state)]; }

private:
    std::array<int, 7> counts_{};
};

// Tells in order, at each instant at which one of them changes, how many are in which state from then on.
void sweep(std::span<const Timeline* const> timelines, const std::function<void(TimePoint, const Tally&)>& tell);

// What several monitors come to: down if one is; else degraded; else unknown, for what is not seen cannot be called up; else up. Maintenance,
// pending and paused are told only where nothing else is there.
Timeline worst_of(std::span<const Timeline* const> timelines);
Timeline worst_of(const std::vector<Timeline>& timelines);

}  // namespace sonde::history

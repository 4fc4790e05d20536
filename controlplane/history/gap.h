// Gaps in the account of slots: times in which a region missed more than may go unsaid. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/instant.h"

namespace sonde::history {

// What was closed of one minute of a region.
struct Minute {
    TimePoint at;
    std::int64_t expected = 0;
    std::int64_t missed = 0;
};

struct Gap {
    TimePoint since;  // begin of the first minute that missed too many
    TimePoint until;  // end of the last one
    std::int64_t expected = 0;  // in those of its minutes that missed too many
    std::int64_t missed = 0;
    friend bool operator==(const Gap&, const Gap&) = default;
};

struct GapEdge {
    bool began = false;  // else it is over
    Gap gap;             // as far as it is known
    friend bool operator==(const GapEdge&, const GapEdge&) = default;
};

struct GapStep {
    std::optional<Gap> open;
    std::vector<GapEdge> edges;  // in their order; at most one begin and one end each `kGapIsOver`
};

// A gap is over when nothing too much was missed for so long: what fails every other minute is one.
inline constexpr std::chrono::minutes kGapIsOver{5};

// Whether so many misses are told of: any where `percent` is 0.
bool misses_too_many(std::int64_t expected, std::int64_t missed, int percent);

// What becomes of a region's gap by further minutes, which come in their order and are all there are before `upto`. A region of which no slot
// is expected any more misses none.
GapStep follow_gap(std::optional<Gap> open, std::span<const Minute> minutes, TimePoint upto, int percent);

}  // namespace sonde::history

// What a simulation came to.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"

namespace sonde::simulation {

// Each is a promise broken.
enum class Finding : unsigned char {
    false_page,    // opened or joined without a quorum of real, fresh, current failures
    false_resolve, // recovered without a quorum of real successes
    missed,        // an outage that a quorum could see for longer than the bound, and no incident
    late,          // as missed, but opened after the bound
    duplicate,     // a second open incident, a second event of the same kind
    left_open,     // well for longer than the bound, and still open
    no_open,       // resolved, and never opened
    unaccounted,   // a slot that should have been checked and was not, or a ledger that does not add up
    vanished,      // a result that the stream had accepted is nowhere
    restless,      // after a calm time something is still open or under way
    unsuppressed,  // told although maintenance covers it
    broken,        // anything else that must not be
};

struct Report {
    std::array<int, 12> findings{};
    std::vector<std::string> details;  // one line each, the first of them
    std::uint64_t checks = 0;
    std::uint64_t results = 0;      // decided on
    std::uint64_t incidents = 0;
    std::uint64_t outages = 0;      // real ones, long enough for the bound to be held to
    std::uint64_t silenced = 0;     // real ones of that length, in maintenance
    std::uint64_t affected = 0;     // times that an incident had to count what it affects
    std::uint64_t ill_regions = 0;  // while nothing else was broken
    std::uint64_t slots = 0;        // held to account
    std::uint64_t late_batches = 0; // decided on as of more than ten seconds before
    std::uint64_t uncovered = 0;    // times that too few voters were heard
    std::uint64_t happened = 0;     // steps of the simulation
    std::vector<std::string> trace;

    [[nodiscard]] int total() const {
        int sum = 0;
        for (const auto count : findings) sum += count;
        return sum;
    }
};

}  // namespace sonde::simulation

template <>
struct sonde::EnumNames<sonde::simulation::Finding> {
    static constexpr std::array<std::string_view, 12> names{"false_page", "false_resolve", "missed",   "late",     "duplicate", "left_open",
                                                            "no_open",    "unaccounted",   "vanished", "restless", "unsuppressed", "broken"};
};

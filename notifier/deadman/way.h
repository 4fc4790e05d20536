// Whether a page would get through, by what is known of the way from the schedule to the deliveries. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/instant.h"

namespace sonde::notifier::deadman {

struct Way {
    milliseconds oldest_unplanned{0};           // how long an event has waited to be planned
    milliseconds oldest_due{0};                 // how long a delivery that could be attempted has waited for it
    bool sending = false;                       // an attempt is under way: a receiver that hangs holds up its own channel alone
    std::optional<milliseconds> accounted_ago;  // since the last minute whose checks are accounted for; nothing if none is yet
    std::int64_t expected = 0;                  // checks of its last five minutes, in all regions
    std::int64_t executed = 0;
};

// Events are planned, and deliveries attempted, within a second when all is well.
inline constexpr milliseconds kLongestWait{60'000};
// A minute is accounted for after it, by a control plane; so long no one has been.
inline constexpr milliseconds kLongestUnaccounted{600'000};

// What is wrong, for people; nothing if all is well. A region that is down is not: its incident or its coverage tells of that.
std::string trouble(const Way& way);

}  // namespace sonde::notifier::deadman

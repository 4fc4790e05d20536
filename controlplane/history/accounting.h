// How time in states counts towards uptime. Pure.
#pragma once

#include <optional>

#include "controlplane/history/timeline.h"
#include "lib/base/enum_name.h"
#include "lib/json/json.h"

namespace sonde::history {

enum class Counts : unsigned char { up, down, excluded };

// Time up counts as up and time down as down; of the other states it is chosen. What is excluded is neither: it makes the time shorter in which
// uptime is counted.
struct Accounting {
    Counts degraded = Counts::up;
    Counts unknown = Counts::excluded;
    Counts pending = Counts::excluded;
    Counts maintenance = Counts::excluded;
    Counts paused = Counts::excluded;
};

struct Uptime {
    milliseconds up{0};
    milliseconds down{0};
    milliseconds excluded{0};
    std::optional<double> ratio;     // up / (up + down); nothing where neither was
    std::optional<double> coverage;  // of the time in which it was to be watched (neither paused nor in maintenance), that in which its state was known
};

Uptime count(const TimeIn& times, const Accounting& accounting);

// {"up": seconds, …} of every state.
Json seconds_of(const TimeIn& times);
// {"degraded": "up", …}
Json write(const Accounting& accounting);

}  // namespace sonde::history

template <>
struct sonde::EnumNames<sonde::history::Counts> {
    static constexpr std::array<std::string_view, 3> names{"up", "down", "excluded"};
};

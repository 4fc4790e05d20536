// When a channel is left in peace: times of the week, by the clock on a wall somewhere. Pure.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "lib/json/reader.h"

namespace sonde::channel {

// From a time of these days until a time of the same day, or of the next one if that is not later. Where clocks skip a time, the change
// of the clocks stands for it; of a time that comes twice the first one counts.
struct QuietWindow {
    std::bitset<7> days;  // that it begins on; 0 is Monday
    std::chrono::minutes from{0};
    std::chrono::minutes to{0};  // at most 24 h
    friend bool operator==(const QuietWindow&, const QuietWindow&) = default;
};

struct QuietHours {
    std::string time_zone = "UTC";
    std::vector<QuietWindow> windows;
    std::vector<std::string> except_severities{"critical"};  // what is told all the same
    friend bool operator==(const QuietHours&, const QuietHours&) = default;
};

// Refuses a zone that there is not, times that are none, and windows that leave no minute of the week.
std::optional<QuietHours> read_quiet_hours(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_quiet_hours(const QuietHours& quiet);

// The first instant at which none of the windows is; nothing if that is now. Of a zone that is not known any more: nothing.
std::optional<TimePoint> quiet_until(const QuietHours& quiet, TimePoint now);

}  // namespace sonde::channel

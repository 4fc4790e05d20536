// What the tests of lib/calendar have in common: expressions in, their next times out, as text.
#pragma once

#include <string>
#include <string_view>

#include "lib/calendar/schedule.h"

namespace sonde::calendar::test {

struct Asked {
    std::string_view text;
    std::string_view zone = "UTC";
    std::string_view from = "2026-01-01T00:00:00Z";
    int count = 3;
    std::string_view start = {};
};

// The next times, a space between two, `never` where they end; or what is wrong.
std::string next_times(Kind kind, const Asked& asked);

// `accepted`, or what is wrong.
std::string refusal(Kind kind, std::string_view text);

}  // namespace sonde::calendar::test

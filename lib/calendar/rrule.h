// Recurrence rules of RFC 5545, section 3.3.10: what is written, and how it is read.
//
// All parts of the RFC, before them a line DTSTART (with TZID, with a `Z`, or as a date) if there is one, and the name RRULE: or not.
// A DTSTART that the rule does not produce is not counted as an instance. Where an UNTIL is a date, all of that day counts; in UTC it is an
// instant, else a local time. A second of 60 is 59, as section 3.3.12 says. BYWEEKNO without BYDAY is the DTSTART's day of the week.
//
// Where clocks are changed, sections 3.3.10 and 3.3.5: a local time that is skipped is read by the offset before the gap, so 02:30 of a gap
// from 02:00 to 03:00 is 03:30; one that comes twice is the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"
#include "lib/calendar/mistake.h"
#include "lib/calendar/zone.h"

namespace sonde::calendar {

// Rules that count further are refused: to find the last of so many, all are counted.
constexpr std::int64_t kMostCount = 100'000;

enum class Frequency : unsigned char { secondly, minutely, hourly, daily, weekly, monthly, yearly };

using LocalSeconds = std::chrono::local_seconds;

struct ByDay {
    int nth = 0;  // 0: every one; 2: the second; -1: the last
    std::chrono::weekday on;
};

struct Rule {
    Frequency frequency = Frequency::daily;
    std::int64_t interval = 1;
    std::optional<std::int64_t> count;
    // The last moment that still counts: an instant, or a local time.
    std::variant<std::monostate, Instant, LocalSeconds> until;
    std::vector<int> seconds, minutes, hours;  // sorted, each once; empty: not given
    std::vector<ByDay> days;
    std::vector<int> month_days, year_days, weeks, months, positions;  // negative: from the end
    std::chrono::weekday week_start = std::chrono::Monday;

    LocalSeconds start;  // DTSTART
    Zone zone = Zone::utc();
};

Result<Rule, Mistake> parse_rule(std::string_view text, const Zone& zone, std::optional<TimePoint> start);

}  // namespace sonde::calendar

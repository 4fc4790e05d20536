// Which local times an expression of fields means, whatever the zone: what cron and OnCalendar have in common.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/calendar/zone.h"

namespace sonde::calendar {

// Nothing is ever found outside these years, in local time: every search ends. systemd has the same last year.
constexpr int kFirstYear = 1900;
constexpr int kLastYear = 2199;
constexpr std::chrono::local_days kFirstDay{std::chrono::year{kFirstYear} / 1 / 1};
constexpr std::chrono::local_days kEndDay{std::chrono::year{kLastYear + 1} / 1 / 1};

constexpr std::uint32_t kEveryDay = 0xffff'fffe;
constexpr std::uint8_t kEveryWeekday = 0x7f;

// Sets of days. Bit n of a set of days of the month is day n; bit 0 of a set of weekdays is Sunday.
struct DayRule {
    std::uint32_t days = kEveryDay;
    std::uint32_t from_end = 0;               // bit n is the n-th last day; 1 is the last
    std::uint32_t nearest = 0;                // the day Monday to Friday nearest to day n, in the same month
    bool last_working_day = false;            // the last day Monday to Friday
    std::uint8_t weekdays = kEveryWeekday;
    std::array<std::uint8_t, 6> nth{};        // nth[2] has the weekdays whose second one in the month is meant
    std::uint8_t last = 0;                    // and those whose last one is
    bool either = false;                      // of the month or of the week, rather than both

    [[nodiscard]] bool has(const std::chrono::year_month_day& date) const;
};

// first, first + step, … up to and with `last`, in the minute.
struct SecondSpan {
    microseconds first{0};
    microseconds last{0};
    microseconds step{1};
};

struct Pattern {
    std::bitset<kLastYear - kFirstYear + 1> years;  // bit 0 is kFirstYear
    std::uint32_t months = 0;                       // bit 1 is January
    DayRule day;
    std::uint32_t hours = 0;
    std::uint64_t minutes = 0;
    std::vector<SecondSpan> seconds;

    // The first local time at or after `from` and before `until`; nothing if there is none.
    [[nodiscard]] std::optional<Local> first(Local from, Local until) const;
    // Is a local time one of those meant?
    [[nodiscard]] bool has(Local time) const;
};

// What becomes of a pattern's local times where the clocks are changed.
enum class ClockChange : unsigned char {
    once_after_gap,  // skipped times: once, at the first instant after the gap; repeated ones: the first time
    not_in_gap,      // skipped times: not at all; repeated ones: the first time
    real_time,       // whenever a clock on the wall shows a time meant
};

// The first instant after `after` that is meant, cut to milliseconds.
std::optional<TimePoint> next_after(const Pattern& pattern, const Zone& zone, ClockChange rule, TimePoint after);

}  // namespace sonde::calendar

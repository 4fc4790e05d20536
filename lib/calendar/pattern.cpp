#include "lib/calendar/pattern.h"

#include <algorithm>

namespace sonde::calendar {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::weekday;
using std::chrono::year_month_day;

bool bit(std::uint64_t set, unsigned n) { return (set >> n & 1) != 0; }

unsigned days_in(const year_month_day& date) { return static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day()); }

// The day Monday to Friday nearest to day n of the month, without leaving it.
unsigned working_day_near(const year_month_day& date, unsigned n) {
    const auto on = weekday{local_days{date.year() / date.month() / std::chrono::day{n}}};
    if (on == std::chrono::Saturday) return n == 1 ? 3 : n - 1;
    if (on == std::chrono::Sunday) return n == days_in(date) ? n - 2 : n + 1;
    return n;
}

unsigned last_working_day(const year_month_day& date) {
    const auto last = days_in(date);
    const auto on = weekday{local_days{date.year() / date.month() / std::chrono::day{last}}};
    return on == std::chrono::Saturday ? last - 1 : on == std::chrono::Sunday ? last - 2 : last;
}

bool in_month(const DayRule& rule, const year_month_day& date) {
    const auto day = static_cast<unsigned>(date.day());
    const auto length = days_in(date);
    if (bit(rule.days, day) || bit(rule.from_end, length - day + 1)) return true;
    if (rule.last_working_day && day == last_working_day(date)) return true;
    for (unsigned n = day > 2 ? day - 2 : 1; n <= std::min(day + 2, length); ++n) {
        if (bit(rule.nearest, n) && working_day_near(date, n) == day) return true;
    }
    return false;
}

bool in_week(const DayRule& rule, const year_month_day& date) {
    const auto on = weekday{local_days{date}}.c_encoding();
    const auto day = static_cast<unsigned>(date.day());
    return bit(rule.weekdays, on) || bit(rule.nth[(day + 6) / 7], on) || (bit(rule.last, on) && day + 7 > days_in(date));
}

std::optional<microseconds> first_second(const Pattern& pattern, microseconds from) {
    std::optional<microseconds> best;
    for (const auto& span : pattern.seconds) {
        auto at = span.first;
        if (from > at) at += (from - at + span.step - microseconds{1}) / span.step * span.step;
        if (at <= span.last && (!best || at < *best)) best = at;
    }
    return best;
}

// The first time of day at or after `from`, both since midnight.
std::optional<microseconds> first_time(const Pattern& pattern, microseconds from) {
    const auto from_minute = floor<minutes>(from);
    for (auto minute = from_minute; minute < days{1}; ++minute) {
        const auto hour = floor<hours>(minute);
        if (!bit(pattern.hours, static_cast<unsigned>(hour.count()))) {
            minute = hour + minutes{59};
            continue;
        }
        if (!bit(pattern.minutes, static_cast<unsigned>((minute - hour).count()))) continue;
        if (const auto second = first_second(pattern, minute == from_minute ? from - minute : microseconds{0})) return minute + *second;
    }
    return std::nullopt;
}

bool in_year(const Pattern& pattern, const year_month_day& date) {
    const auto year = static_cast<int>(date.year());
    return year >= kFirstYear && year <= kLastYear && pattern.years[static_cast<std::size_t>(year - kFirstYear)];
}

}  // namespace

bool DayRule::has(const year_month_day& date) const {
    return either ? in_month(*this, date) || in_week(*this, date) : in_month(*this, date) && in_week(*this, date);
}

std::optional<Local> Pattern::first(Local from, Local until) const {
    from = std::max<Local>(from, kFirstDay);
    until = std::min<Local>(until, kEndDay);
    auto at = floor<days>(from);
    auto time = from - at;
    while (at < until) {
        const year_month_day date{at};
        auto next = at + days{1};
        if (!in_year(*this, date)) {
            next = local_days{(date.year() + std::chrono::years{1}) / 1 / 1};
        } else if (!bit(months, static_cast<unsigned>(date.month()))) {
            next = local_days{(date.year() / date.month() + std::chrono::months{1}) / 1};
        } else if (day.has(date)) {
            if (const auto found = first_time(*this, time)) {
                if (at + *found >= until) return std::nullopt;
                return at + *found;
            }
        }
        at = next;
        time = microseconds{0};
    }
    return std::nullopt;
}

bool Pattern::has(Local time) const { return first(time, time + microseconds{1}).has_value(); }

}  // namespace sonde::calendar

#include <algorithm>

#include "lib/calendar/recurrence.h"

namespace sonde::calendar {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::weekday;
using std::chrono::year_month_day;

bool among(const std::vector<int>& values, int value) { return std::binary_search(values.begin(), values.end(), value); }

// Is the n-th of `of`, from 1, among them, counted from either end?
bool among(const std::vector<int>& values, int n, int of) { return among(values, n) || among(values, n - of - 1); }

int length_of_month(const year_month_day& date) { return static_cast<int>(static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day())); }

}  // namespace

RuleDays::RuleDays(const Rule& rule)
    : days_(rule.days), month_days_(rule.month_days), year_days_(rule.year_days), weeks_(rule.weeks), week_start_(rule.week_start) {
    for (const int month : rule.months) months_ |= 1U << month;
    days_of_month_ = rule.frequency == Frequency::monthly || months_ != 0;
    const auto day = std::chrono::floor<days>(rule.start);
    const year_month_day date{day};
    const int day_of_month = static_cast<int>(static_cast<unsigned>(date.day()));
    if (!days_.empty() || !month_days_.empty() || !year_days_.empty()) return;
    if (rule.frequency == Frequency::weekly || !weeks_.empty()) {
        days_.push_back({0, weekday{day}});
    } else if (rule.frequency == Frequency::monthly || rule.frequency == Frequency::yearly) {
        month_days_ = {day_of_month};
        if (rule.frequency == Frequency::yearly && months_ == 0) months_ = 1U << static_cast<unsigned>(date.month());
    }
}

bool RuleDays::has_month(std::chrono::month month) const { return months_ == 0 || (months_ >> static_cast<unsigned>(month) & 1) != 0; }

local_days RuleDays::week_of(local_days day) const { return day - (weekday{day} - week_start_); }

// Week 1 is the first with at least four days in its year, so it has 4 January.
local_days RuleDays::first_week(std::chrono::year year) const { return week_of(local_days{year / 1 / 4}); }

bool RuleDays::has_week(local_days day) const {
    const auto begin = week_of(day);
    // A week belongs to the year that has its fourth day.
    const auto year = year_month_day{begin + days{3}}.year();
    const auto first = first_week(year);
    const auto next = first_week(year + std::chrono::years{1});
    return among(weeks_, static_cast<int>((begin - first).count() / 7 + 1), static_cast<int>((next - first).count() / 7));
}

bool RuleDays::has_weekday(const year_month_day& date, local_days day) const {
    const local_days first = days_of_month_ ? local_days{date.year() / date.month() / 1} : local_days{date.year() / 1 / 1};
    const local_days end = days_of_month_ ? local_days{(date.year() / date.month() + std::chrono::months{1}) / 1}
                                          : local_days{(date.year() + std::chrono::years{1}) / 1 / 1};
    const auto nth = static_cast<int>((day - first).count() / 7 + 1);
    const auto nth_last = static_cast<int>((end - day - days{1}).count() / 7 + 1);
    const weekday on{day};
    return std::any_of(days_.begin(), days_.end(), [&](const ByDay& wanted) {
        return wanted.on == on && (wanted.nth == 0 || wanted.nth == nth || wanted.nth == -nth_last);
    });
}

bool RuleDays::has(local_days day) const {
    const year_month_day date{day};
    if (!has_month(date.month())) return false;
    if (!month_days_.empty() && !among(month_days_, static_cast<int>(static_cast<unsigned>(date.day())), length_of_month(date))) return false;
    if (!year_days_.empty()) {
        const auto of = static_cast<int>((day - local_days{date.year() / 1 / 1}).count() + 1);
        if (!among(year_days_, of, date.year().is_leap() ? 366 : 365)) return false;
    }
    if (!days_.empty() && !has_weekday(date, day)) return false;
    return weeks_.empty() || has_week(day);
}

}  // namespace sonde::calendar

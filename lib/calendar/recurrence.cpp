#include "lib/calendar/recurrence.h"

#include <algorithm>
#include <numeric>

#include "lib/calendar/pattern.h"

namespace sonde::calendar {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr seconds kDay = days{1};

std::int64_t month_number(local_days day) {
    const year_month_day date{day};
    return static_cast<int>(date.year()) * 12LL + static_cast<unsigned>(date.month()) - 1;
}

std::int64_t up(std::int64_t value, std::int64_t by) { return value <= 0 ? 0 : (value + by - 1) / by; }

// What a time may be made of: the numbers given, or else the start's own, or 0 if it is smaller than the period.
std::vector<int> or_else(const std::vector<int>& given, std::int64_t own) { return given.empty() ? std::vector<int>{static_cast<int>(own)} : given; }

template <std::size_t Size>
std::bitset<Size> set_of(const std::vector<int>& given) {
    std::bitset<Size> set;
    if (given.empty()) set.set();
    for (const int value : given) set.set(static_cast<std::size_t>(value));
    return set;
}

seconds unit_of(Frequency frequency) {
    switch (frequency) {
        case Frequency::secondly: return seconds{1};
        case Frequency::minutely: return minutes{1};
        case Frequency::hourly: return hours{1};
        default: return kDay;
    }
}

// All times of a period, in order: since midnight, or since its begin for what is given by the period itself.
std::vector<seconds> times_of(const Rule& rule) {
    const std::chrono::hh_mm_ss own{rule.start - floor<days>(rule.start)};
    const auto f = rule.frequency;
    const auto hour = f >= Frequency::daily ? or_else(rule.hours, own.hours().count()) : std::vector<int>{0};
    const auto minute = f >= Frequency::hourly ? or_else(rule.minutes, own.minutes().count()) : std::vector<int>{0};
    const auto second = f >= Frequency::minutely ? or_else(rule.seconds, own.seconds().count()) : std::vector<int>{0};
    std::vector<seconds> times;
    for (const int h : hour) {
        for (const int m : minute) {
            for (const int s : second) times.push_back(hours{h} + minutes{m} + seconds{s});
        }
    }
    return times;
}

}  // namespace

Recurrence::Recurrence(Rule rule)
    : rule_(std::move(rule)), days_(rule_), by_day_(rule_.frequency >= Frequency::daily), times_(times_of(rule_)), unit_(unit_of(rule_.frequency)),
      hours_(set_of<24>(rule_.hours)), minutes_(set_of<60>(rule_.minutes)), seconds_(set_of<60>(rule_.seconds)), last_(kEndDay - seconds{1}) {
    // What is smaller than a period is in its times already.
    if (rule_.frequency >= Frequency::minutely) seconds_.set();
    if (rule_.frequency >= Frequency::hourly) minutes_.set();
    if (!by_day_ && !rule_.positions.empty()) {
        std::vector<seconds> chosen;
        for (const auto i : choose(times_.size())) chosen.push_back(times_[i]);
        times_ = std::move(chosen);
    }
    if (const auto* until = std::get_if<LocalSeconds>(&rule_.until)) last_ = std::min(last_, *until);
    if (times_.empty() || !ever()) last_ = rule_.start - seconds{1};
    if (!rule_.count) return;
    auto end = rule_.start - seconds{1};
    Period period;
    for (auto left = *rule_.count; left > 0; --left) {
        const auto found = first(end + seconds{1}, period);
        if (!found) break;
        end = *found;
    }
    last_ = end;
}

// Does a period in a day ever begin at a time of day that is meant? They are a constant number of seconds apart, modulo a day.
bool Recurrence::ever() const {
    if (by_day_) return true;
    const auto apart = std::gcd((unit_ * rule_.interval).count(), kDay.count());
    const auto start = rule_.start - floor<days>(rule_.start);
    for (auto time = (start - start % unit_) % seconds{apart}; time < kDay; time += seconds{apart}) {
        const std::chrono::hh_mm_ss at{time};
        if (hours_[static_cast<std::size_t>(at.hours().count())] && minutes_[static_cast<std::size_t>(at.minutes().count())] &&
            seconds_[static_cast<std::size_t>(at.seconds().count())]) {
            return true;
        }
    }
    return false;
}

std::vector<std::size_t> Recurrence::choose(std::size_t of) const {
    std::vector<std::size_t> chosen;
    const auto size = static_cast<std::int64_t>(of);
    for (const int position : rule_.positions) {
        const auto index = position > 0 ? position - 1 : size + position;
        if (index >= 0 && index < size) chosen.push_back(static_cast<std::size_t>(index));
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

std::optional<LocalSeconds> Recurrence::first(Local from) const {
    Period period;
    return first(std::chrono::ceil<seconds>(from), period);
}

std::optional<LocalSeconds> Recurrence::first(LocalSeconds from, Period& period) const {
    from = std::max(from, rule_.start);
    if (from > last_) return std::nullopt;
    const auto found = by_day_ ? first_of_days(from, period) : first_of_times(from);
    return found && *found <= last_ ? found : std::nullopt;
}

// The period that `day` is in or before, counted from the start's.
std::int64_t Recurrence::number_of(local_days day) const {
    const auto start = floor<days>(rule_.start);
    switch (rule_.frequency) {
        case Frequency::yearly: return (static_cast<int>(year_month_day{day}.year()) - static_cast<int>(year_month_day{start}.year())) / rule_.interval;
        case Frequency::monthly: return (month_number(day) - month_number(start)) / rule_.interval;
        case Frequency::weekly: return (day - days_.week_of(start)).count() / (7 * rule_.interval);
        default: return (day - start).count() / rule_.interval;
    }
}

local_days Recurrence::begin_of(std::int64_t number) const {
    const auto start = floor<days>(rule_.start);
    const auto ahead = number * rule_.interval;
    // Beyond what a date can be, and beyond all that is looked for.
    if (ahead > 200'000) return kEndDay;
    switch (rule_.frequency) {
        case Frequency::yearly: {
            const auto year = static_cast<int>(year_month_day{start}.year()) + ahead;
            return year > kLastYear ? kEndDay : local_days{std::chrono::year{static_cast<int>(year)} / 1 / 1};
        }
        case Frequency::monthly: {
            const auto month = month_number(start) + ahead;
            if (month / 12 > kLastYear) return kEndDay;
            return local_days{std::chrono::year{static_cast<int>(month / 12)} / static_cast<int>(month % 12 + 1) / 1};
        }
        case Frequency::weekly: return days_.week_of(start) + days{7 * ahead};
        default: return start + days{ahead};
    }
}

local_days Recurrence::fill(Period& period) const {
    const auto begin = begin_of(period.number);
    auto end = begin + days{rule_.frequency == Frequency::weekly ? 7 : 1};
    if (rule_.frequency == Frequency::yearly) end = local_days{(year_month_day{begin}.year() + std::chrono::years{1}) / 1 / 1};
    if (rule_.frequency == Frequency::monthly) end = local_days{year_month_day{begin} + std::chrono::months{1}};
    period.days.clear();
    for (auto day = begin; begin < kEndDay && day < end; day += days{1}) {
        if (days_.has(day)) period.days.push_back(day);
    }
    period.chosen.clear();
    if (!rule_.positions.empty()) period.chosen = choose(period.days.size() * times_.size());
    return begin;
}

std::optional<LocalSeconds> Recurrence::first_in(const Period& period, LocalSeconds from) const {
    if (rule_.positions.empty()) {
        for (auto day = std::lower_bound(period.days.begin(), period.days.end(), floor<days>(from)); day != period.days.end(); ++day) {
            const auto time = std::lower_bound(times_.begin(), times_.end(), from - *day);
            if (time != times_.end()) return *day + *time;
        }
        return std::nullopt;
    }
    for (const auto i : period.chosen) {
        const LocalSeconds at = period.days[i / times_.size()] + times_[i % times_.size()];
        if (at >= from) return at;
    }
    return std::nullopt;
}

std::optional<LocalSeconds> Recurrence::first_of_days(LocalSeconds from, Period& period) const {
    for (auto number = number_of(floor<days>(from));; ++number) {
        if (number != period.number) {
            period.number = number;
            if (fill(period) > std::min<local_days>(kEndDay - days{1}, floor<days>(last_))) return std::nullopt;
        }
        if (const auto found = first_in(period, from)) return found;
    }
}

std::optional<LocalSeconds> Recurrence::first_of_times(LocalSeconds from) const {
    const auto step = (unit_ * rule_.interval).count();
    const LocalSeconds base = rule_.start - (rule_.start - floor<days>(rule_.start)) % unit_;
    // The first period that begins at or after a time.
    const auto not_before = [&](LocalSeconds time) { return base + seconds{up((time - base).count(), step) * step}; };
    auto at = base + seconds{std::max<std::int64_t>((from - base).count() / step, 0) * step};
    while (at <= last_) {
        const auto day = floor<days>(at);
        const auto hour = floor<hours>(at);
        const auto minute = floor<minutes>(at);
        if (!days_.has(day)) {
            at = not_before(day + days{1});
        } else if (!hours_[static_cast<std::size_t>((hour - day) / hours{1})]) {
            at = not_before(hour + hours{1});
        } else if (!minutes_[static_cast<std::size_t>((minute - hour) / minutes{1})]) {
            at = not_before(minute + minutes{1});
        } else {
            const auto time = std::lower_bound(times_.begin(), times_.end(), from - at);
            if (seconds_[static_cast<std::size_t>((at - minute) / seconds{1})] && time != times_.end()) return at + *time;
            at += seconds{step};
        }
    }
    return std::nullopt;
}

}  // namespace sonde::calendar

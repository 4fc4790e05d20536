// The instances of a recurrence rule: local times, and when they are.
#pragma once

#include <bitset>
#include <optional>
#include <vector>

#include "lib/calendar/rrule.h"

namespace sonde::calendar {

// The days that a rule's BY parts leave, without regard to its frequency's periods. What the rule leaves open is taken from its start.
class RuleDays {
public:
    explicit RuleDays(const Rule& rule);
    [[nodiscard]] bool has(std::chrono::local_days day) const;
    [[nodiscard]] bool has_month(std::chrono::month month) const;
    [[nodiscard]] std::chrono::local_days week_of(std::chrono::local_days day) const;  // the day its week begins with

private:
    bool has_weekday(const std::chrono::year_month_day& date, std::chrono::local_days day) const;
    bool has_week(std::chrono::local_days day) const;
    std::chrono::local_days first_week(std::chrono::year year) const;

    std::vector<ByDay> days_;
    std::vector<int> month_days_, year_days_, weeks_;
    std::uint32_t months_ = 0;  // bit 1 is January; 0: all
    bool days_of_month_ = false;  // a numbered day of the week is counted in the month, not in the year
    std::chrono::weekday week_start_;
};

class Recurrence {
public:
    // Counts the instances, if the rule does, to know its last one.
    explicit Recurrence(Rule rule);

    // The first instant after `after`.
    [[nodiscard]] std::optional<TimePoint> next_after(TimePoint after) const;

private:
    // A period of the frequency's, and what was found in it: kept between two steps of one walk.
    struct Period {
        std::int64_t number = -1;
        std::vector<std::chrono::local_days> days;
        std::vector<std::size_t> chosen;  // of days × times, with BYSETPOS
    };

    [[nodiscard]] std::optional<LocalSeconds> first(Local from) const;
    [[nodiscard]] std::optional<LocalSeconds> first(LocalSeconds from, Period& period) const;
    [[nodiscard]] std::optional<LocalSeconds> first_of_days(LocalSeconds from, Period& period) const;
    [[nodiscard]] std::optional<LocalSeconds> first_in(const Period& period, LocalSeconds from) const;
    [[nodiscard]] std::optional<LocalSeconds> first_of_times(LocalSeconds from) const;
    [[nodiscard]] std::int64_t number_of(std::chrono::local_days day) const;
    [[nodiscard]] std::chrono::local_days begin_of(std::int64_t number) const;
    [[nodiscard]] std::chrono::local_days fill(Period& period) const;  // returns where it begins
    [[nodiscard]] std::vector<std::size_t> choose(std::size_t of) const;
    [[nodiscard]] bool ever() const;

    Rule rule_;
    RuleDays days_;
    bool by_day_;                     // DAILY or longer: a period has days, and each the same times; else it is in a day
    std::vector<seconds> times_;      // since midnight, or since the period's begin; sorted
    seconds unit_{0};                 // of a period in a day
    std::bitset<24> hours_;           // that a period in a day may be in,
    std::bitset<60> minutes_;         // and so on
    std::bitset<60> seconds_;
    LocalSeconds last_;               // no instance is later
};

}  // namespace sonde::calendar

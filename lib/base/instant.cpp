#include "lib/base/instant.h"

#include <fmt/format.h>

namespace sonde {
namespace {

using namespace std::chrono;

// Reads exactly `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

milliseconds take_fraction(std::string_view& text) {
    int value = 0;
    int scale = 100;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        value += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
    }
    return milliseconds{value};
}

std::optional<minutes> take_offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return minutes{0};
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59) return std::nullopt;
    return minutes{sign * (*hour * 60 + *minute)};
}

}  // namespace

TimePoint wall_now() { return time_point_cast<milliseconds>(system_clock::now()); }

std::string to_rfc3339(TimePoint at) {
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<TimePoint> from_rfc3339(std::string_view text) {
    const auto year_number = take_number(text, 4);
    if (!year_number || !take(text, '-')) return std::nullopt;
    const auto month_number = take_number(text, 2);
    if (!month_number || !take(text, '-')) return std::nullopt;
    const auto day_number = take_number(text, 2);
    if (!day_number || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second || *second > 60) return std::nullopt;  // 60 is a leap second, read as the next second
    milliseconds fraction{0};
    if (take(text, '.')) {
        if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
        fraction = take_fraction(text);
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;

    const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                              day{static_cast<unsigned>(*day_number)}};
    if (!date.ok()) return std::nullopt;
    return TimePoint{sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second} + fraction - *offset};
}

}  // namespace sonde

#include "controlplane/history/period.h"

#include <charconv>
#include <utility>

namespace sonde::history {
namespace {

namespace chrono = std::chrono;
using chrono::days;
using chrono::local_days;
using chrono::months;
using chrono::year;
using chrono::year_month;
using chrono::years;

using Days = std::pair<local_days, local_days>;  // the first, and the one after the last

constexpr std::string_view kWanted =
    "must be a period like 2026, 2026-Q3, 2026-10, 2026-W41 or 2026-10-07 (1970 to 9999), or one of today, yesterday, and this_ or last_ with week, month, quarter or year";

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
    return value;
}

local_days first_of(year_month month) { return local_days{month / 1}; }

Days of_months(year_month first, int count) { return {first_of(first), first_of(first + months{count})}; }

// ISO 8601: the week that has the year's first Thursday is its first.
local_days week_of_year(int of_year, int week) {
    const local_days fourth{year{of_year} / 1 / 4};
    return fourth - (chrono::weekday{fourth} - chrono::Monday) + days{7 * (week - 1)};
}

std::optional<Days> named(std::string_view text, local_days today) {
    const chrono::year_month_day date{today};
    const year_month month = date.year() / date.month();
    const auto quarter = date.year() / chrono::month{(static_cast<unsigned>(date.month()) - 1) / 3 * 3 + 1};
    const auto monday = today - (chrono::weekday{today} - chrono::Monday);
    if (text == "today") return Days{today, today + days{1}};
    if (text == "yesterday") return Days{today - days{1}, today};
    if (text == "this_week") return Days{monday, monday + days{7}};
    if (text == "last_week") return Days{monday - days{7}, monday};
    if (text == "this_month") return of_months(month, 1);
    if (text == "last_month") return of_months(month - months{1}, 1);
    if (text == "this_quarter") return of_months(quarter, 3);
    if (text == "last_quarter") return of_months(quarter - months{3}, 3);
    if (text == "this_year") return of_months(date.year() / chrono::January, 12);
    if (text == "last_year") return of_months((date.year() - years{1}) / chrono::January, 12);
    return std::nullopt;
}

std::optional<Days> numbered(std::string_view text) {
    const auto of_year = text.size() >= 4 ? number(text.substr(0, 4)) : std::nullopt;
    if (!of_year || *of_year < 1970 || (text.size() > 4 && text[4] != '-')) return std::nullopt;
    const year at{*of_year};
    if (text.size() == 4) return of_months(at / chrono::January, 12);
    const auto rest = text.substr(5);
    if (rest.size() == 2 && rest[0] == 'Q' && rest[1] >= '1' && rest[1] <= '4') {
        return of_months(at / chrono::month{static_cast<unsigned>(rest[1] - '1') * 3 + 1}, 3);
    }
    if (rest.size() == 3 && rest[0] == 'W') {
        const auto week = number(rest.substr(1));
        if (!week || *week < 1 || *week > 53) return std::nullopt;
        const auto monday = week_of_year(*of_year, *week);
        if (*week == 53 && monday >= week_of_year(*of_year + 1, 1)) return std::nullopt;
        return Days{monday, monday + days{7}};
    }
    const auto month = rest.size() >= 2 ? number(rest.substr(0, 2)) : std::nullopt;
    if (!month || *month < 1 || *month > 12) return std::nullopt;
    const auto of_month = at / chrono::month{static_cast<unsigned>(*month)};
    if (rest.size() == 2) return of_months(of_month, 1);
    const auto day = rest.size() == 5 && rest[2] == '-' ? number(rest.substr(3)) : std::nullopt;
    if (!day) return std::nullopt;
    const auto date = of_month / chrono::day{static_cast<unsigned>(*day)};
    if (!date.ok()) return std::nullopt;
    return Days{local_days{date}, local_days{date} + days{1}};
}

}  // namespace

TimePoint midnight(local_days day, const calendar::Zone& zone) {
    const auto reading = zone.read(calendar::Local{day});
    const auto at = reading.kind == calendar::Reading::Kind::never ? reading.change : reading.first;
    return chrono::floor<milliseconds>(at);
}

Result<Period> read_period(std::string_view text, const calendar::Zone& zone, TimePoint now) {
    const auto today = chrono::floor<days>(zone.local(now));
    auto found = named(text, today);
    if (!found) found = numbered(text);
    if (!found) return Error{std::string(kWanted)};
    return Period{midnight(found->first, zone), midnight(found->second, zone)};
}

}  // namespace sonde::history

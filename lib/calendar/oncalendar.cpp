#include "lib/calendar/oncalendar.h"

#include "lib/calendar/chain.h"

namespace sonde::calendar {
namespace {

// In systemd's order, which begins with Monday.
constexpr std::string_view kWeekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

constexpr ChainKind kYear{.name = "year", .least = 1970, .most = kLastYear, .width = 4};
constexpr ChainKind kMonth{.name = "month", .least = 1, .most = 12};
constexpr ChainKind kDay{.name = "day", .least = 1, .most = 31};
constexpr ChainKind kDayFromEnd{.name = "day from the end of the month", .least = 1, .most = 28, .backwards = true};
constexpr ChainKind kHour{.name = "hour", .least = 0, .most = 23};
constexpr ChainKind kMinute{.name = "minute", .least = 0, .most = 59};
constexpr ChainKind kSecond{.name = "second", .least = 0, .most = 59'999'999, .unit = 1'000'000};

struct Shorthand {
    std::string_view name;
    std::string_view text;
};

constexpr Shorthand kShorthands[] = {
    {"minutely", "*-*-* *:*:00"},    {"hourly", "*-*-* *:00:00"},         {"daily", "*-*-* 00:00:00"},
    {"monthly", "*-*-01 00:00:00"},  {"weekly", "Mon *-*-* 00:00:00"},    {"yearly", "*-01-01 00:00:00"},
    {"annually", "*-01-01 00:00:00"}, {"quarterly", "*-01,04,07,10-01 00:00:00"}, {"semiannually", "*-01,07-01 00:00:00"},
    {"semi-annually", "*-01,07-01 00:00:00"}, {"biannually", "*-01,07-01 00:00:00"}, {"bi-annually", "*-01,07-01 00:00:00"},
};

struct Components {
    unsigned weekdays = kEveryWeekday;  // bit 0 is Monday here
    Chain year, month, day;
    bool from_end = false;
    Chain hour{{}}, minute{{}}, second{{}};  // midnight
};

bool read_weekday(Scanner& in, unsigned& at) {
    const auto column = in.column();
    const auto word = in.word();
    for (unsigned i = 0; i < 7; ++i) {
        if (!same_word(word, kWeekdays[i]) && !same_word(word, kWeekdays[i].substr(0, 3))) continue;
        at = i;
        return true;
    }
    if (word.empty()) return in.refuse(fmt::format("a day of the week is needed here, not {}", in.here()));
    return in.refuse_at(column, fmt::format("there is no day of the week and no shorthand `{}`", word));
}

bool read_weekdays(Scanner& in, Components& out) {
    out.weekdays = 0;
    do {
        unsigned from = 0;
        if (!read_weekday(in, from)) return false;
        auto to = from;
        if (in.take("..") || in.take('-')) {
            const auto column = in.column();
            if (!read_weekday(in, to)) return false;
            if (to < from) return in.refuse_at(column, "the range of days ends before it begins: the week begins with Monday");
        }
        for (auto i = from; i <= to; ++i) out.weekdays |= 1U << i;
        // A comma may end the list: `Wed, 17:48`.
    } while (in.take(',') && !in.done() && in.peek() != ' ');
    return in.done() || in.peek() == ' ' || in.refuse(fmt::format("a space is needed after the days of the week, not {}", in.here()));
}

void widen_years(Chain& chain) {
    for (auto& part : chain) {
        for (auto* year : {&part.start, &part.stop}) {
            if (*year >= 0 && *year < 100) *year += *year < 70 ? 2000 : 1900;
        }
    }
}

// `read` has what was read so far, from where each began; the last may be days from the end.
bool sort_date(Scanner& in, std::vector<std::pair<std::size_t, Chain>>& read, Components& out) {
    auto day = std::prev(read.end());
    auto month = std::prev(day);
    if (read.size() == 3) {
        widen_years(read.front().second);
        if (!validate(in, read.front().first, kYear, read.front().second)) return false;
        out.year = std::move(read.front().second);
    }
    if (!validate(in, month->first, kMonth, month->second)) return false;
    if (!validate(in, day->first, out.from_end ? kDayFromEnd : kDay, day->second)) return false;
    out.month = std::move(month->second);
    out.day = std::move(day->second);
    if (out.day.empty()) out.from_end = false;
    return true;
}

// The date from its second component on; the first, which was read, began at `column`.
bool read_date(Scanner& in, std::size_t column, Chain first, Components& out) {
    std::vector<std::pair<std::size_t, Chain>> read;
    read.emplace_back(column, std::move(first));
    while (read.size() < 3 && !out.from_end && (in.peek() == '-' || in.peek() == '~')) {
        out.from_end = in.peek() == '~';
        in.skip(1);
        auto& [at, chain] = read.emplace_back(in.column(), Chain{});
        if (!read_chain(in, false, chain)) return false;
    }
    if (!in.done() && in.peek() != ' ') return in.refuse(fmt::format("the date is not understood from {} on", in.here()));
    return sort_date(in, read, out);
}

// The time from its second component on.
bool read_time(Scanner& in, std::size_t column, Chain hour, Components& out) {
    out.hour = std::move(hour);
    if (!validate(in, column, kHour, out.hour)) return false;
    if (!in.take(':')) return in.refuse(fmt::format("a time is written hour:minute; `:` is needed here, not {}", in.here()));
    column = in.column();
    if (!read_chain(in, false, out.minute) || !validate(in, column, kMinute, out.minute)) return false;
    if (in.take(':')) {
        column = in.column();
        if (!read_chain(in, true, out.second) || !validate(in, column, kSecond, out.second)) return false;
    }
    return in.done() || in.peek() == ' ' || in.refuse(fmt::format("the time is not understood from {} on", in.here()));
}

void skip_spaces(Scanner& in) {
    while (in.take(' ')) {
    }
}

bool read_components(Scanner& in, Components& out) {
    skip_spaces(in);
    if (in.done()) return in.refuse("an empty text is no calendar event");
    if (is_letter(in.peek()) && !read_weekdays(in, out)) return false;
    skip_spaces(in);
    if (in.done()) return true;
    auto column = in.column();
    Chain first;
    if (!read_chain(in, false, first)) return false;
    if (in.peek() != ':') {
        if (in.peek() != '-' && in.peek() != '~') return in.refuse_at(column, "a date is written year-month-day or month-day, a time hour:minute");
        if (!read_date(in, column, std::move(first), out)) return false;
        skip_spaces(in);
        if (in.done()) return true;
        column = in.column();
        if (!read_chain(in, false, first)) return false;
    }
    if (!read_time(in, column, std::move(first), out)) return false;
    skip_spaces(in);
    return in.done() || in.refuse(fmt::format("nothing but a time zone may follow the time, not {}", in.here()));
}

std::string weekday_text(unsigned weekdays) {
    std::string text;
    for (unsigned i = 0; i < 7; ++i) {
        if ((weekdays >> i & 1) == 0) continue;
        auto last = i;
        while (last < 6 && (weekdays >> (last + 1) & 1) != 0) ++last;
        if (!text.empty()) text += ',';
        text += kWeekdays[i].substr(0, 3);
        if (last < i + 2) continue;
        text += fmt::format("..{}", kWeekdays[last].substr(0, 3));
        i = last;
    }
    return text + ' ';
}

std::string normal_form(const Components& it, const std::optional<Zone>& zone) {
    return fmt::format("{}{}-{}{}{} {}:{}:{}{}", it.weekdays == kEveryWeekday ? "" : weekday_text(it.weekdays), text_of(it.year, kYear), text_of(it.month, kMonth),
                       it.from_end ? '~' : '-', text_of(it.day, kDay), text_of(it.hour, kHour), text_of(it.minute, kMinute),
                       text_of(it.second, kSecond), zone ? " " + zone->name() : "");
}

template <class Set>
void fill(Set& set, const Chain& chain, const ChainKind& kind) {
    progressions(chain, kind, [&](std::int64_t first, std::int64_t last, std::int64_t step) {
        for (auto value = first; value <= last; value += step) set |= Set{1} << value;
    });
}

// Counted from the end, a repetition goes on to the last day, and a range begins with its larger number.
void fill_from_end(DayRule& rule, const Chain& chain) {
    rule.days = 0;
    for (const auto& part : chain) {
        const auto least = part.stop >= 0 || part.repeat == 0 ? part.start : 1;
        for (auto n = part.stop >= 0 ? part.stop : part.start; n >= least; n -= std::max<std::int64_t>(part.repeat, 1)) rule.from_end |= 1U << n;
    }
}

Pattern compile(const Components& it) {
    Pattern pattern;
    progressions(it.year, kYear, [&](std::int64_t first, std::int64_t last, std::int64_t step) {
        for (auto year = first; year <= last; year += step) pattern.years.set(static_cast<std::size_t>(year - kFirstYear));
    });
    fill(pattern.months, it.month, kMonth);
    if (it.from_end) {
        fill_from_end(pattern.day, it.day);
    } else {
        pattern.day.days = 0;
        fill(pattern.day.days, it.day, kDay);
    }
    pattern.day.weekdays = static_cast<std::uint8_t>((it.weekdays << 1 | it.weekdays >> 6) & kEveryWeekday);
    fill(pattern.hours, it.hour, kHour);
    fill(pattern.minutes, it.minute, kMinute);
    progressions(it.second, kSecond, [&](std::int64_t first, std::int64_t last, std::int64_t step) {
        pattern.seconds.push_back({microseconds{first}, microseconds{last}, microseconds{step}});
    });
    return pattern;
}

// Takes the name of a zone off the end of `text`, if its last word may be one.
Result<std::optional<Zone>, Mistake> take_zone(std::string_view& text) {
    while (text.ends_with(' ')) text.remove_suffix(1);
    const auto space = text.rfind(' ');
    if (space == std::string_view::npos) return std::optional<Zone>{};
    const auto word = text.substr(space + 1);
    if (!is_letter(word.front())) return std::optional<Zone>{};
    const auto zone = same_word(word, "UTC") ? Result<Zone>{Zone::utc()} : Zone::find(word);
    if (!zone) return Mistake{"the last word " + zone.error().message, space + 2};
    text = text.substr(0, space);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return std::optional<Zone>{*zone};
}

// `@` and seconds since 1970: the one moment.
Result<OnCalendar, Mistake> parse_moment(std::string_view text) {
    Scanner in(text, 1, text.size());
    const auto count = in.number();
    if (!count) return Mistake{fmt::format("`@` needs the seconds since 1970, not {}", in.here()), in.column()};
    if (!in.done()) return Mistake{fmt::format("nothing may follow the seconds since 1970, not {}", in.here()), in.column()};
    const auto end = std::chrono::sys_days{std::chrono::year{kLastYear + 1} / 1 / 1};
    if (*count >= end.time_since_epoch() / seconds{1}) return Mistake{fmt::format("the year must be from 1970 to {}", kLastYear), 2};
    const auto shown = Zone::utc().text(from_unix_ms(*count * 1000));
    return parse_oncalendar(shown.substr(0, 10) + " " + shown.substr(11, 8) + " UTC");
}

}  // namespace

Result<OnCalendar, Mistake> parse_oncalendar(std::string_view text) {
    if (text.starts_with('@')) return parse_moment(text);
    auto rest = text;
    auto zone = take_zone(rest);
    if (!zone) return zone.error();
    for (const auto& shorthand : kShorthands) {
        if (same_word(rest, shorthand.name)) rest = shorthand.text;
    }
    Scanner in(rest);
    Components components;
    if (!read_components(in, components)) return *in.mistake();
    return OnCalendar{compile(components), normal_form(components, *zone), *zone};
}

}  // namespace sonde::calendar

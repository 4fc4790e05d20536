#include "lib/calendar/cron.h"

#include <span>

#include "lib/calendar/scanner.h"

namespace sonde::calendar {
namespace {

constexpr std::string_view kMonths[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::string_view kWeekdays[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct FieldKind {
    std::string_view name;
    int least;
    int most;
    std::span<const std::string_view> names;  // of the values from `least`
};

constexpr FieldKind kSecond{"second", 0, 59, {}};
constexpr FieldKind kMinute{"minute", 0, 59, {}};
constexpr FieldKind kHour{"hour", 0, 23, {}};
constexpr FieldKind kDay{"day-of-month", 1, 31, {}};
constexpr FieldKind kMonth{"month", 1, 12, kMonths};
constexpr FieldKind kWeekday{"day-of-week", 0, 7, kWeekdays};

struct Macro {
    std::string_view name;
    std::string_view text;
};

constexpr Macro kMacros[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

struct Field {
    Scanner in;
    bool starred = false;
    std::uint64_t set = 0;

    Field(std::string_view text, std::size_t begin, std::size_t end) : in(text, begin, end), starred(in.peek() == '*') {}
};

bool read_value(Field& field, const FieldKind& kind, int& value) {
    const auto column = field.in.column();
    if (const auto number = field.in.number()) {
        if (*number < kind.least || *number > kind.most) {
            return field.in.refuse_at(column, fmt::format("{} must be from {} to {}, not {}", kind.name, kind.least, kind.most, *number));
        }
        value = static_cast<int>(*number);
        return true;
    }
    // A name has three letters; what follows it may be an `L`.
    std::string_view name = field.in.rest().substr(0, 3);
    for (std::size_t i = 0; i < kind.names.size(); ++i) {
        if (!same_word(name, kind.names[i])) continue;
        field.in.skip(3);
        value = kind.least + static_cast<int>(i);
        return true;
    }
    if (is_letter(field.in.peek())) return field.in.refuse(fmt::format("{} has no name `{}`", kind.name, field.in.word()));
    return field.in.refuse(fmt::format("{} needs a number, not {}", kind.name, field.in.here()));
}

bool read_step(Field& field, const FieldKind& kind, int& step) {
    const auto column = field.in.column();
    const auto number = field.in.number();
    if (!number) return field.in.refuse(fmt::format("the step of {} needs a number, not {}", kind.name, field.in.here()));
    if (*number < 1 || *number > kind.most) {
        return field.in.refuse_at(column, fmt::format("the step of {} must be from 1 to {}, not {}", kind.name, kind.most, *number));
    }
    step = static_cast<int>(*number);
    return true;
}

// What begins with a value that was read already, or with `*`: a range, a step, or neither.
bool read_range(Field& field, const FieldKind& kind, bool all, int from) {
    int to = all ? kind.most : from;
    int step = 1;
    const auto column = field.in.column();
    const bool range = !all && field.in.take('-');
    if (range) {
        if (!read_value(field, kind, to)) return false;
        if (&kind == &kWeekday && to == 0) to = 7;  // FRI-SUN
        if (to < from) return field.in.refuse_at(column, fmt::format("the range of {} ends before it begins", kind.name));
    }
    if (field.in.take('/')) {
        if (!read_step(field, kind, step)) return false;
        if (!range) to = kind.most;
    }
    // As a day of the week, `*/n` counts from 0 to 6, and 7 is 0 again.
    if (&kind == &kWeekday && !range && to == 7 && (all || from != 7)) to = 6;
    for (int value = from; value <= to; value += step) field.set |= std::uint64_t{1} << value;
    return true;
}

bool read_plain(Field& field, const FieldKind& kind) {
    if (field.in.take('*')) return read_range(field, kind, true, kind.least);
    int value = 0;
    return read_value(field, kind, value) && read_range(field, kind, false, value);
}

bool read_day(Field& field, DayRule& rule) {
    if (field.in.take('L')) {
        if (field.in.take('W')) return rule.last_working_day = true;
        int before = 0;
        if (field.in.take('-')) {
            const auto column = field.in.column();
            const auto number = field.in.number();
            if (!number) return field.in.refuse(fmt::format("`L-` needs a number, not {}", field.in.here()));
            if (*number < 1 || *number > 30) return field.in.refuse_at(column, fmt::format("`L-` must be followed by 1 to 30, not {}", *number));
            before = static_cast<int>(*number);
        }
        rule.from_end |= 1U << (before + 1);
        return true;
    }
    if (field.in.take('*')) return read_range(field, kDay, true, kDay.least);
    int day = 0;
    if (!read_value(field, kDay, day)) return false;
    if (!field.in.take('W')) return read_range(field, kDay, false, day);
    rule.nearest |= 1U << day;
    return true;
}

bool read_weekday(Field& field, DayRule& rule) {
    if (field.in.take('*')) return read_range(field, kWeekday, true, kWeekday.least);
    if (field.in.peek() == 'L') return field.in.refuse("`L` as a day-of-week needs one before it: 5L is the last Friday");
    int on = 0;
    if (!read_value(field, kWeekday, on)) return false;
    const auto one = static_cast<std::uint8_t>(1U << (on % 7));
    if (field.in.take('L')) {
        rule.last |= one;
        return true;
    }
    if (!field.in.take('#')) return read_range(field, kWeekday, false, on);
    const auto column = field.in.column();
    const auto number = field.in.number();
    if (!number || *number < 1 || *number > 5) return field.in.refuse_at(column, "`#` must be followed by 1 to 5: which one of the month");
    rule.nth[static_cast<std::size_t>(*number)] |= one;
    return true;
}

// A list of what `item` reads, to the end of the field.
template <class Item>
bool read_list(Field& field, const FieldKind& kind, Item item) {
    do {
        if (!item()) return false;
    } while (field.in.take(','));
    return field.in.done() || field.in.refuse(fmt::format("{} is not understood from {} on", kind.name, field.in.here()));
}

bool read_plain_list(Field& field, const FieldKind& kind) {
    return read_list(field, kind, [&] { return read_plain(field, kind); });
}

void fill(Cron& cron, Field* seconds, Field& minute, Field& hour, Field& day, Field& month, Field& weekday, DayRule rule) {
    auto& pattern = cron.pattern;
    pattern.years.set();
    pattern.months = static_cast<std::uint32_t>(month.set);
    pattern.hours = static_cast<std::uint32_t>(hour.set);
    pattern.minutes = minute.set;
    const auto set = seconds != nullptr ? seconds->set : 1;
    for (int second = 0; second < 60; ++second) {
        if ((set >> second & 1) != 0) pattern.seconds.push_back({sonde::seconds{second}, sonde::seconds{second}, microseconds{1}});
    }
    rule.days = static_cast<std::uint32_t>(day.set);
    rule.weekdays = static_cast<std::uint8_t>((weekday.set | weekday.set >> 7) & kEveryWeekday);
    rule.either = !day.starred && !weekday.starred;
    pattern.day = rule;
    if (minute.starred || hour.starred || (seconds != nullptr && seconds->starred)) cron.clock_change = ClockChange::real_time;
}

std::vector<Field> split(std::string_view text) {
    std::vector<Field> fields;
    const auto blank = [&](std::size_t i) { return text[i] == ' ' || text[i] == '\t'; };
    for (std::size_t i = 0; i < text.size();) {
        if (blank(i)) {
            ++i;
            continue;
        }
        const auto begin = i;
        while (i < text.size() && !blank(i)) ++i;
        fields.emplace_back(text, begin, i);
    }
    return fields;
}

}  // namespace

Result<Cron, Mistake> parse_cron(std::string_view text) {
    auto fields = split(text);
    if (fields.size() == 1 && fields[0].in.peek() == '@') {
        const auto name = fields[0].in.rest();
        for (const auto& macro : kMacros) {
            if (same_word(name, macro.name)) return parse_cron(macro.text);
        }
        return Mistake{fmt::format("there is no macro `{}`; there are @hourly @daily @midnight @weekly @monthly @yearly @annually", name),
                       fields[0].in.column()};
    }
    if (fields.size() != 5 && fields.size() != 6) {
        return Mistake{fmt::format("a cron expression has five fields (minute hour day-of-month month day-of-week), or six with seconds first, not {}",
                                   fields.size())};
    }
    const bool with_seconds = fields.size() == 6;
    auto* field = &fields[with_seconds ? 1 : 0];
    DayRule rule;
    rule.weekdays = 0;
    (void)(!with_seconds || read_plain_list(fields[0], kSecond));
    (void)read_plain_list(field[0], kMinute);
    (void)read_plain_list(field[1], kHour);
    (void)read_list(field[2], kDay, [&] { return read_day(field[2], rule); });
    (void)read_plain_list(field[3], kMonth);
    (void)read_list(field[4], kWeekday, [&] { return read_weekday(field[4], rule); });
    for (const auto& one : fields) {
        if (one.in.mistake()) return *one.in.mistake();
    }
    Cron cron;
    fill(cron, with_seconds ? fields.data() : nullptr, field[0], field[1], field[2], field[3], field[4], rule);
    return cron;
}

}  // namespace sonde::calendar

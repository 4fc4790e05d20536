#include "lib/calendar/rrule.h"

#include <algorithm>
#include <bitset>

#include "lib/calendar/pattern.h"
#include "lib/calendar/scanner.h"

namespace sonde::calendar {
namespace {

using std::chrono::floor;

constexpr std::string_view kFrequencies[] = {"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
constexpr std::string_view kWeekdays[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
constexpr std::string_view kParts[] = {"FREQ",      "UNTIL",      "COUNT",    "INTERVAL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY",
                                       "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH",  "BYSETPOS", "WKST"};
enum Part : std::size_t { freq, until, count, interval, bysecond, byminute, byhour, byday, bymonthday, byyearday, byweekno, bymonth, bysetpos, wkst };

class Reader {
public:
    Reader(Scanner& in, Rule& rule) : in_(in), rule_(rule) {}

    bool dtstart();
    bool rule();

private:
    bool part();
    bool value(std::size_t part);
    bool frequency();
    bool whole(std::string_view name, std::int64_t most, std::int64_t& value);
    bool list(std::string_view name, int least, int most, bool from_end, std::vector<int>& values);
    bool weekday(std::chrono::weekday& on);
    bool days();
    bool moment(std::string_view name, LocalSeconds& at, bool& utc, bool& date);
    bool until_part();
    bool fits_together();

    bool given(std::size_t part) const { return given_[part]; }
    bool digits(int count, int& value);

    Scanner& in_;
    Rule& rule_;
    std::bitset<std::size(kParts)> given_;
    std::size_t begin_ = 0;  // the column of the rule
};

bool Reader::digits(int count, int& value) {
    value = 0;
    for (; count > 0; --count) {
        if (!is_digit(in_.peek())) return false;
        value = value * 10 + (in_.peek() - '0');
        in_.skip(1);
    }
    return true;
}

// RFC 5545, sections 3.3.4 and 3.3.5: 20260131, 20260131T235959, 20260131T235959Z.
bool Reader::moment(std::string_view name, LocalSeconds& at, bool& utc, bool& date) {
    const auto column = in_.column();
    const auto wrong = [&] { return in_.refuse_at(column, fmt::format("{} is written as 20260131T235959, with a Z at its end if it is in UTC", name)); };
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (!digits(4, year) || !digits(2, month) || !digits(2, day)) return wrong();
    date = !in_.take('T');
    if (!date && (!digits(2, hour) || !digits(2, minute) || !digits(2, second))) return wrong();
    utc = !date && in_.take('Z');
    if (is_digit(in_.peek()) || is_letter(in_.peek())) return wrong();
    const std::chrono::year_month_day on{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
    if (!on.ok() || hour > 23 || minute > 59 || second > 60) return in_.refuse_at(column, fmt::format("{} is no day and time that there is", name));
    if (year < kFirstYear || year > kLastYear) {
        return in_.refuse_at(column, fmt::format("the year of {} must be from {} to {}, not {}", name, kFirstYear, kLastYear, year));
    }
    at = std::chrono::local_days{on} + std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{std::min(second, 59)};
    return true;
}

bool Reader::dtstart() {
    while (in_.take(';')) {
        const auto column = in_.column();
        if (in_.take("TZID=")) {
            const auto length = in_.rest().find_first_of(":;");
            const auto name = in_.rest().substr(0, length);
            const auto zone = Zone::find(name);
            if (!zone) return in_.refuse("TZID " + zone.error().message);
            rule_.zone = *zone;
            in_.skip(name.size());
        } else if (!in_.take("VALUE=DATE-TIME") && !in_.take("VALUE=DATE")) {
            return in_.refuse_at(column, "DTSTART has the parameters TZID and VALUE only");
        }
    }
    if (!in_.take(':')) return in_.refuse(fmt::format("`:` is needed after DTSTART, not {}", in_.here()));
    bool utc = false;
    bool date = false;
    if (!moment("DTSTART", rule_.start, utc, date)) return false;
    if (utc) rule_.zone = Zone::utc();
    return true;
}

bool Reader::frequency() {
    const auto column = in_.column();
    const auto word = in_.word();
    for (std::size_t i = 0; i < std::size(kFrequencies); ++i) {
        if (!same_word(word, kFrequencies[i])) continue;
        rule_.frequency = static_cast<Frequency>(i);
        return true;
    }
    return in_.refuse_at(column, "FREQ must be SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY");
}

bool Reader::whole(std::string_view name, std::int64_t most, std::int64_t& value) {
    const auto column = in_.column();
    const auto number = in_.number();
    if (!number || *number < 1 || *number > most) return in_.refuse_at(column, fmt::format("{} must be a number from 1 to {}", name, most));
    value = *number;
    return true;
}

bool Reader::list(std::string_view name, int least, int most, bool from_end, std::vector<int>& values) {
    do {
        const auto column = in_.column();
        const bool negative = from_end && in_.take('-');
        if (from_end && !negative) in_.take('+');
        const auto number = in_.number();
        if (!number || *number < least || *number > most) {
            return in_.refuse_at(column, fmt::format("{} must be from {} to {}{}", name, least, most, from_end ? ", or the same with a minus" : ""));
        }
        values.push_back(static_cast<int>(negative ? -*number : *number));
    } while (in_.take(','));
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return true;
}

bool Reader::weekday(std::chrono::weekday& on) {
    const auto column = in_.column();
    const auto word = in_.word();
    for (unsigned i = 0; i < 7; ++i) {
        if (!same_word(word, kWeekdays[i])) continue;
        on = std::chrono::weekday{i};
        return true;
    }
    return in_.refuse_at(column, "a day of the week is one of MO TU WE TH FR SA SU");
}

bool Reader::days() {
    do {
        const auto column = in_.column();
        ByDay day;
        const bool negative = in_.take('-');
        const bool signed_one = negative || in_.take('+');
        const auto number = in_.number();
        if ((signed_one && !number) || (number && (*number < 1 || *number > 53))) {
            return in_.refuse_at(column, "the number before a day of BYDAY must be from 1 to 53, or the same with a minus");
        }
        day.nth = static_cast<int>(number.value_or(0)) * (negative ? -1 : 1);
        if (!weekday(day.on)) return false;
        rule_.days.push_back(day);
    } while (in_.take(','));
    return true;
}

bool Reader::until_part() {
    LocalSeconds at;
    bool utc = false;
    bool date = false;
    if (!moment("UNTIL", at, utc, date)) return false;
    if (date) at += std::chrono::days{1} - seconds{1};
    if (utc) {
        rule_.until = Instant{at.time_since_epoch()};
    } else {
        rule_.until = at;
    }
    return true;
}

bool Reader::value(std::size_t part) {
    const auto name = kParts[part];
    switch (static_cast<Part>(part)) {
        case freq: return frequency();
        case until: return until_part();
        case count: return whole(name, kMostCount, rule_.count.emplace());
        case interval: return whole(name, 1'000'000, rule_.interval);
        case bysecond:
            if (!list(name, 0, 60, false, rule_.seconds)) return false;
            if (rule_.seconds.back() == 60) rule_.seconds.back() = 59;
            rule_.seconds.erase(std::unique(rule_.seconds.begin(), rule_.seconds.end()), rule_.seconds.end());
            return true;
        case byminute: return list(name, 0, 59, false, rule_.minutes);
        case byhour: return list(name, 0, 23, false, rule_.hours);
        case byday: return days();
        case bymonthday: return list(name, 1, 31, true, rule_.month_days);
        case byyearday: return list(name, 1, 366, true, rule_.year_days);
        case byweekno: return list(name, 1, 53, true, rule_.weeks);
        case bymonth: return list(name, 1, 12, false, rule_.months);
        case bysetpos: return list(name, 1, 366, true, rule_.positions);
        case wkst: return weekday(rule_.week_start);
    }
    return false;
}

bool Reader::part() {
    const auto column = in_.column();
    const auto word = in_.word();
    for (std::size_t i = 0; i < std::size(kParts); ++i) {
        if (!same_word(word, kParts[i])) continue;
        if (!in_.take('=')) return in_.refuse(fmt::format("`=` is needed after {}, not {}", kParts[i], in_.here()));
        if (given_[i]) return in_.refuse_at(column, fmt::format("{} is there twice", kParts[i]));
        given_.set(i);
        return value(i);
    }
    return in_.refuse_at(column, word.empty() ? fmt::format("a rule part is needed here, not {}", in_.here()) : fmt::format("there is no rule part `{}`", word));
}

// What the RFC says of parts in each other's company.
bool Reader::fits_together() {
    const auto refuse = [&](const char* message) { return in_.refuse_at(begin_, message); };
    const auto frequency = rule_.frequency;
    if (!given(freq)) return refuse("FREQ is missing");
    if (given(count) && given(until)) return refuse("COUNT and UNTIL exclude each other");
    if (given(byweekno) && frequency != Frequency::yearly) return refuse("BYWEEKNO is for FREQ=YEARLY only");
    if (given(bymonthday) && frequency == Frequency::weekly) return refuse("BYMONTHDAY is not for FREQ=WEEKLY");
    if (given(byyearday) && (frequency == Frequency::daily || frequency == Frequency::weekly || frequency == Frequency::monthly)) {
        return refuse("BYYEARDAY is not for FREQ=DAILY, WEEKLY or MONTHLY");
    }
    const bool numbered = std::any_of(rule_.days.begin(), rule_.days.end(), [](const ByDay& day) { return day.nth != 0; });
    if (numbered && frequency != Frequency::monthly && frequency != Frequency::yearly) {
        return refuse("BYDAY has numbers with FREQ=MONTHLY and YEARLY only");
    }
    if (numbered && given(byweekno)) return refuse("BYDAY has no numbers beside BYWEEKNO");
    const auto others = given_ & ~std::bitset<std::size(kParts)>{1U << freq | 1U << until | 1U << count | 1U << interval | 1U << bysetpos | 1U << wkst};
    if (given(bysetpos) && others.none()) return refuse("BYSETPOS needs another BY part to choose from");
    return true;
}

bool Reader::rule() {
    begin_ = in_.column();
    do {
        if (!part()) return false;
    } while (in_.take(';'));
    if (!in_.done()) return in_.refuse(fmt::format("the rule is not understood from {} on", in_.here()));
    return fits_together();
}

}  // namespace

Result<Rule, Mistake> parse_rule(std::string_view text, const Zone& zone, std::optional<TimePoint> start) {
    Rule rule;
    rule.zone = zone;
    Scanner in(text);
    Reader reader(in, rule);
    if (in.take("DTSTART")) {
        if (!reader.dtstart()) return *in.mistake();
        // Lines, or words of one line.
        if (in.peek() != ' ' && in.peek() != '\r' && in.peek() != '\n') return Mistake{"a line with the RRULE must follow that with DTSTART", in.column()};
        while (in.take(' ') || in.take('\r') || in.take('\n')) {
        }
    } else if (start) {
        const auto year = std::chrono::year_month_day{floor<std::chrono::days>(*start)}.year();
        if (year < std::chrono::year{kFirstYear + 1} || year > std::chrono::year{kLastYear - 1}) {
            return Mistake{fmt::format("the start must be in the years {} to {}", kFirstYear + 1, kLastYear - 1)};
        }
        rule.start = floor<seconds>(zone.local(*start));
    } else {
        return Mistake{"a recurrence rule needs a start: a line DTSTART before it, or one that is given with it"};
    }
    in.take("RRULE:");
    if (!reader.rule()) return *in.mistake();
    return rule;
}

}  // namespace sonde::calendar

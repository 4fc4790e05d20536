#include "lib/calendar/schedule.h"

#include <algorithm>
#include <variant>

#include "lib/calendar/cron.h"
#include "lib/calendar/oncalendar.h"
#include "lib/calendar/recurrence.h"
#include "lib/calendar/scanner.h"

namespace sonde::calendar {
namespace {

constexpr TimePoint kEarliest = std::chrono::sys_days{std::chrono::year{kFirstYear - 1} / 1 / 1};
constexpr TimePoint kLatest = std::chrono::sys_days{std::chrono::year{kLastYear + 2} / 1 / 1};

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

int words(std::string_view text) {
    int count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) count += !blank(text[i]) && (i == 0 || blank(text[i - 1])) ? 1 : 0;
    return count;
}

}  // namespace

struct Schedule::Data {
    Kind kind;
    std::string text;
    Zone zone;
    std::variant<Cron, OnCalendar, Recurrence> times;
};

Kind kind_of(std::string_view text) {
    text = trimmed(text);
    for (const std::string_view begin : {"DTSTART", "RRULE:", "FREQ="}) {
        if (same_word(text.substr(0, begin.size()), begin)) return Kind::rrule;
    }
    const int count = words(text);
    if (count == 5 || count == 6 || (text.size() > 1 && text[0] == '@' && is_letter(text[1]))) return Kind::cron;
    return Kind::oncalendar;
}

Result<Schedule, Mistake> Schedule::parse(Kind kind, std::string_view text, const Zone& zone, std::optional<TimePoint> start) {
    if (text.size() > kLongestText) return Mistake{fmt::format("the expression is longer than {} bytes", kLongestText)};
    const auto inner = trimmed(text);
    const auto made = [&](std::string normal, const Zone& in, auto times) {
        return Schedule{std::make_shared<const Data>(Data{kind, std::move(normal), in, std::move(times)})};
    };
    // Columns are those of the text as it was given.
    const auto shifted = [&](Mistake mistake) {
        if (mistake.column > 0) mistake.column += static_cast<std::size_t>(inner.data() - text.data());
        return mistake;
    };
    switch (kind) {
        case Kind::cron: {
            auto cron = parse_cron(inner);
            if (!cron) return shifted(cron.error());
            return made(std::string(inner), zone, *std::move(cron));
        }
        case Kind::oncalendar: {
            auto event = parse_oncalendar(inner);
            if (!event) return shifted(event.error());
            const auto named = event->zone.value_or(zone);
            auto normal = event->normal_form;
            return made(std::move(normal), named, *std::move(event));
        }
        case Kind::rrule: break;
    }
    auto rule = parse_rule(inner, zone, start);
    if (!rule) return shifted(rule.error());
    const auto named = rule->zone;
    return made(std::string(inner), named, Recurrence{*std::move(rule)});
}

std::optional<TimePoint> Schedule::next_after(TimePoint after) const {
    if (after >= kLatest) return std::nullopt;
    after = std::max(after, kEarliest);
    if (const auto* cron = std::get_if<Cron>(&data_->times)) return calendar::next_after(cron->pattern, data_->zone, cron->clock_change, after);
    if (const auto* event = std::get_if<OnCalendar>(&data_->times)) {
        return calendar::next_after(event->pattern, data_->zone, ClockChange::not_in_gap, after);
    }
    return std::get<Recurrence>(data_->times).next_after(after);
}

const std::string& Schedule::text() const { return data_->text; }
Kind Schedule::kind() const { return data_->kind; }
const Zone& Schedule::zone() const { return data_->zone; }

}  // namespace sonde::calendar

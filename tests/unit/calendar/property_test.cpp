// What holds of any expression, in any zone, at any time.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <cstdlib>

#include "lib/calendar/cron.h"
#include "lib/calendar/oncalendar.h"
#include "lib/calendar/schedule.h"

namespace property_test {

using namespace sonde;
using namespace sonde::calendar;

namespace {

rc::Gen<int> whole(int from, int to) { return rc::gen::inRange(from, to + 1); }

std::string field(int least, int most, const char* range, int stars) {
    if (*whole(0, 9) < stars) return "*";
    const int from = *whole(least, most);
    switch (*whole(0, 3)) {
        case 0: return fmt::format("{}{}{}", from, range, *whole(from, most));
        case 1: return from + 2 <= most ? fmt::format("{}/{}", from, *whole(1, most - from)) : fmt::format("{}", from);
        case 2: return fmt::format("{},{}", from, *whole(least, most));
        default: return fmt::format("{}", from);
    }
}

std::string cron_text() {
    return fmt::format("{} {} {} {} {}", field(0, 59, "-", 4), field(0, 23, "-", 4), field(1, 31, "-", 7), field(1, 12, "-", 8), field(0, 6, "-", 7));
}

std::string oncalendar_text() {
    return fmt::format("*-{}-{} {}:{}:{}", field(1, 12, "..", 8), field(1, 28, "..", 7), field(0, 23, "..", 5), field(0, 59, "..", 4), field(0, 59, "..", 3));
}

std::string rrule_text() {
    const auto frequency = *rc::gen::element<std::string>("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY");
    auto text = fmt::format("FREQ={};INTERVAL={}", frequency, *rc::gen::element(1, 1, 2, 3, 7, 50));
    if (*whole(0, 3) == 0) text += fmt::format(";BYMONTH={},{}", *whole(1, 12), *whole(1, 12));
    if (frequency != "WEEKLY" && *whole(0, 3) == 0) text += fmt::format(";BYMONTHDAY={},-{}", *whole(1, 31), *whole(1, 31));
    if (*whole(0, 3) == 0) text += *rc::gen::element<std::string>(";BYDAY=SU", ";BYDAY=MO,FR", ";BYDAY=SA,SU,WE");
    if (*whole(0, 3) == 0) text += fmt::format(";BYHOUR={},{}", *whole(0, 3), *whole(0, 23));
    if (*whole(0, 3) == 0) text += fmt::format(";BYMINUTE={},{}", *whole(0, 59), *whole(0, 59));
    if (*whole(0, 3) == 0) text += fmt::format(";COUNT={}", *whole(1, 200));
    return text;
}

struct Drawn {
    Kind kind;
    std::string text;
    Zone zone = Zone::utc();
    TimePoint from;
};

// Half of the times are near a change of the clocks.
Drawn draw() {
    Drawn drawn;
    drawn.kind = *rc::gen::element(Kind::cron, Kind::oncalendar, Kind::rrule);
    drawn.text = drawn.kind == Kind::cron ? cron_text() : drawn.kind == Kind::oncalendar ? oncalendar_text() : rrule_text();
    drawn.zone = *Zone::find(*rc::gen::element<std::string>("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
                                                            "Pacific/Apia", "Africa/Casablanca"));
    drawn.from = from_unix_ms(1'262'304'000'000 + std::int64_t{*whole(0, 1'000'000'000)} * 1000);
    if (*whole(0, 1) == 0) {
        if (const auto change = drawn.zone.change_after(drawn.from)) drawn.from = std::chrono::floor<milliseconds>(change->at) + seconds{*whole(-9000, 5400)};
    }
    return drawn;
}

Schedule schedule_of(const Drawn& drawn) {
    RC_LOG() << drawn.text << " in " << drawn.zone.name() << " from " << to_rfc3339(drawn.from) << "\n";
    auto schedule = Schedule::parse(drawn.kind, drawn.text, drawn.zone, drawn.from - std::chrono::days{3});
    if (!schedule) RC_LOG() << schedule.error().text() << "\n";
    RC_ASSERT(schedule.ok());
    return *schedule;
}

// What rapidcheck found wrong, if anything, is printed by it.
template <class Property>
void holds(const char* name, Property property) {
    setenv("RC_PARAMS", "max_success=1000", 0);  // a given one goes first
    CHECK(rc::check(name, std::move(property)));
}

}  // namespace

TEST_CASE("next times rise strictly, and each is the next of the millisecond before it and of every time since the last") {
    holds("order", [] {
        const auto drawn = draw();
        const auto schedule = schedule_of(drawn);
        auto at = drawn.from;
        for (int i = 0; i < 12; ++i) {
            const auto next = schedule.next_after(at);
            if (!next) return;
            RC_ASSERT(*next > at);
            RC_ASSERT(schedule.next_after(*next - milliseconds{1}) == next);
            RC_ASSERT(schedule.next_after(at + (*next - at) / 2) == next);
            at = *next;
        }
    });
}

TEST_CASE("whatever is returned is a time that the fields mean, or the end of a gap that has one") {
    holds("fields", [] {
        auto drawn = draw();
        if (drawn.kind == Kind::rrule) return;
        const auto schedule = schedule_of(drawn);
        const auto pattern = drawn.kind == Kind::cron ? parse_cron(drawn.text)->pattern : parse_oncalendar(drawn.text)->pattern;
        auto at = drawn.from;
        for (int i = 0; i < 12; ++i) {
            const auto next = schedule.next_after(at);
            if (!next) return;
            at = *next;
            if (pattern.has(drawn.zone.local(at))) continue;
            RC_ASSERT(drawn.kind == Kind::cron);
            const auto change = drawn.zone.change_until(at);
            RC_ASSERT(change && change->at == at && change->after > change->before);
            const auto gap = [&](seconds offset) { return Local{(change->at + offset).time_since_epoch()}; };
            RC_ASSERT(pattern.first(gap(change->before), gap(change->after)).has_value());
        }
    });
}

TEST_CASE("between two next times of a wildcard there is no minute that the fields mean") {
    holds("nothing missed", [] {
        auto drawn = draw();
        drawn.kind = Kind::cron;
        drawn.text = fmt::format("{} * {} * *", field(0, 59, "-", 3), field(1, 31, "-", 8));
        const auto schedule = schedule_of(drawn);
        const auto pattern = parse_cron(drawn.text)->pattern;
        const auto next = schedule.next_after(drawn.from);
        // Minute by minute, in the plainest way, for a day at most.
        auto at = std::chrono::ceil<std::chrono::minutes>(drawn.from + milliseconds{1});
        for (int i = 0; i < 1440; ++i, at += std::chrono::minutes{1}) {
            if (!pattern.has(drawn.zone.local(at))) continue;
            RC_ASSERT(next == TimePoint{at});
            return;
        }
        RC_ASSERT(!next || *next >= at);
    });
}

}  // namespace property_test

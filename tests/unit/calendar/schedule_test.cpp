#include "lib/calendar/schedule.h"

#include <doctest/doctest.h>

#include "tests/unit/calendar/said.h"

namespace schedule_test {

using namespace sonde;
using namespace sonde::calendar;

TEST_CASE("the kind of an expression is seen from its form") {
    CHECK(kind_of("*/5 * * * *") == Kind::cron);
    CHECK(kind_of("  0 */5 * * * *  ") == Kind::cron);
    CHECK(kind_of("@daily") == Kind::cron);
    CHECK(kind_of("@1395716396") == Kind::oncalendar);
    CHECK(kind_of("daily") == Kind::oncalendar);
    CHECK(kind_of("Mon *-*-* 10:00 Europe/Berlin") == Kind::oncalendar);
    CHECK(kind_of("FREQ=DAILY") == Kind::rrule);
    CHECK(kind_of("rrule:freq=daily") == Kind::rrule);
    CHECK(kind_of("DTSTART:20260101T090000\nRRULE:FREQ=DAILY") == Kind::rrule);
    CHECK(kind_of("") == Kind::oncalendar);
}

TEST_CASE("columns are those of the text as it was given") {
    const auto schedule = Schedule::parse(Kind::cron, "   60 * * * *", Zone::utc());
    REQUIRE(!schedule);
    CHECK(schedule.error().column == 4);
    CHECK(schedule.error().message == "minute must be from 0 to 59, not 60");
}

TEST_CASE("texts that are too long, empty or not text are refused") {
    for (const auto kind : {Kind::cron, Kind::oncalendar, Kind::rrule}) {
        CHECK(test::refusal(kind, std::string(1025, '*')) == "the expression is longer than 1024 bytes");
        CHECK(test::refusal(kind, "") != "accepted");
        CHECK(test::refusal(kind, std::string_view("\0 \0 \0 \0 \0", 9)) != "accepted");
    }
}

TEST_CASE("a rule without a start is refused, and so is one that starts out of range") {
    const auto none = Schedule::parse(Kind::rrule, "FREQ=DAILY", Zone::utc());
    REQUIRE(!none);
    CHECK(none.error().text() == "a recurrence rule needs a start: a line DTSTART before it, or one that is given with it");
    const auto late = Schedule::parse(Kind::rrule, "FREQ=DAILY", Zone::utc(), from_rfc3339("2300-01-01T00:00:00Z"));
    REQUIRE(!late);
    CHECK(late.error().text() == "the start must be in the years 1901 to 2198");
}

TEST_CASE("times before and after all that is looked for do no harm") {
    const auto schedule = Schedule::parse(Kind::cron, "0 0 1 1 *", Zone::utc());
    REQUIRE(schedule);
    const auto first = schedule->next_after(TimePoint::min());
    REQUIRE(first);
    CHECK(to_rfc3339(*first) == "1900-01-01T00:00:00.000Z");
    CHECK(!schedule->next_after(TimePoint::max()));
    CHECK(!schedule->next_after(*from_rfc3339("2199-01-01T00:00:00Z")));
}

TEST_CASE("a named time zone goes before the one given, and is told") {
    const auto berlin = Zone::find("Europe/Berlin");
    REQUIRE(berlin);
    CHECK(Schedule::parse(Kind::oncalendar, "daily", *berlin)->zone().name() == "Europe/Berlin");
    CHECK(Schedule::parse(Kind::oncalendar, "daily Asia/Tokyo", *berlin)->zone().name() == "Asia/Tokyo");
    CHECK(Schedule::parse(Kind::rrule, "DTSTART:20260101T000000Z RRULE:FREQ=DAILY", *berlin)->zone().name() == "UTC");
}

}  // namespace schedule_test

#include <doctest/doctest.h>

#include <span>

#include "tests/unit/calendar/said.h"

namespace oncalendar_test {

using namespace sonde;
using namespace sonde::calendar;
using test::Asked;

namespace {

struct Row {
    Asked asked;
    std::string_view times;
};

struct Pair {
    std::string_view text;
    std::string_view normal;
};

struct Refused {
    std::string_view text;
    std::string_view why;
};

const Row kEvents[] = {
    {{"*-*-* 02:30", "Europe/Berlin", "2026-03-28T12:00:00Z", 2},
     "2026-03-30T02:30:00+02:00 2026-03-31T02:30:00+02:00"},
    {{"*:30", "Europe/Berlin", "2026-03-29T00:00:00Z", 2},
     "2026-03-29T01:30:00+01:00 2026-03-29T03:30:00+02:00"},
    {{"*-*-* 02:30", "Europe/Berlin", "2026-10-24T12:00:00Z", 2},
     "2026-10-25T02:30:00+02:00 2026-10-26T02:30:00+01:00"},
    {{"*:0/30", "Europe/Berlin", "2026-10-25T00:10:00Z", 3},
     "2026-10-25T02:30:00+02:00 2026-10-25T03:00:00+01:00 2026-10-25T03:30:00+01:00"},
    {{"daily", "America/Sao_Paulo", "2018-11-02T12:00:00Z", 2},
     "2018-11-03T00:00:00-03:00 2018-11-05T00:00:00-02:00"},
    {{"*:0/15", "Australia/Lord_Howe", "2026-10-03T15:10:00Z", 3},
     "2026-10-04T01:45:00+10:30 2026-10-04T02:30:00+11:00 2026-10-04T02:45:00+11:00"},
    {{"09:00 America/New_York", "Europe/Berlin", "2026-01-01T00:00:00Z", 1},
     "2026-01-01T09:00:00-05:00"},
    {{"daily UTC", "Europe/Berlin", "2026-01-01T00:00:00Z", 1},
     "2026-01-02T00:00:00+00:00"},
    {{"*-02~03", "UTC", "2026-01-01T00:00:00Z", 2},
     "2026-02-26T00:00:00+00:00 2027-02-26T00:00:00+00:00"},
    {{"*-*~1", "UTC", "2026-01-01T00:00:00Z", 3},
     "2026-01-31T00:00:00+00:00 2026-02-28T00:00:00+00:00 2026-03-31T00:00:00+00:00"},
    {{"*-*~1..3", "UTC", "2026-01-01T00:00:00Z", 3},
     "2026-01-29T00:00:00+00:00 2026-01-30T00:00:00+00:00 2026-01-31T00:00:00+00:00"},
    {{"*-05~7/2", "UTC", "2026-01-01T00:00:00Z", 4},
     "2026-05-25T00:00:00+00:00 2026-05-27T00:00:00+00:00 2026-05-29T00:00:00+00:00 2026-05-31T00:00:00+00:00"},
    {{"Mon *-05~07/1", "UTC", "2026-01-01T00:00:00Z", 2},
     "2026-05-25T00:00:00+00:00 2027-05-31T00:00:00+00:00"},
    {{"2026..2027-01,07-*", "UTC", "2026-07-30T12:00:00Z", 3},
     "2026-07-31T00:00:00+00:00 2027-01-01T00:00:00+00:00 2027-01-02T00:00:00+00:00"},
    {{"*-02-29", "UTC", "2026-01-01T00:00:00Z", 2},
     "2028-02-29T00:00:00+00:00 2032-02-29T00:00:00+00:00"},
    {{"*-02-30", "UTC", "2026-01-01T00:00:00Z", 1},
     "never"},
    {{"Fri *-*-13", "UTC", "2026-01-01T00:00:00Z", 3},
     "2026-02-13T00:00:00+00:00 2026-03-13T00:00:00+00:00 2026-11-13T00:00:00+00:00"},
    {{"10:00:0.5/20.25", "UTC", "2026-01-01T00:00:00Z", 3},
     "2026-01-01T10:00:00.500+00:00 2026-01-01T10:00:20.750+00:00 2026-01-01T10:00:41+00:00"},
    {{"10:00:00.0001/0.0001", "UTC", "2026-01-01T09:59:59Z", 3},
     "2026-01-01T10:00:00+00:00 2026-01-01T10:00:00.001+00:00 2026-01-01T10:00:00.002+00:00"},
    {{"2199-12-31 23:59", "UTC", "2026-01-01T00:00:00Z", 2},
     "2199-12-31T23:59:00+00:00 never"},
    {{"2003-03-05", "UTC", "2026-01-01T00:00:00Z", 1},
     "never"},
    {{"@1395716396", "Europe/Berlin", "2014-01-01T00:00:00Z", 2},
     "2014-03-25T02:59:56+00:00 never"},
    {{"quarterly", "UTC", "2026-01-01T00:00:00Z", 4},
     "2026-04-01T00:00:00+00:00 2026-07-01T00:00:00+00:00 2026-10-01T00:00:00+00:00 2027-01-01T00:00:00+00:00"},
    {{"Mon,Wed 0/6:15", "UTC", "2026-01-01T00:00:00Z", 3},
     "2026-01-05T00:15:00+00:00 2026-01-05T06:15:00+00:00 2026-01-05T12:15:00+00:00"},
};

const Refused kRefused[] = {
    {"Foo 10:00", "column 1: there is no day of the week and no shorthand `Foo`"},
    {"10:00 Nowhere/City", "column 7: the last word is not a time zone of the IANA database: Nowhere/City"},
    {"10:60", "column 4: minute must be from 0 to 59, not 60"},
    {"*-*-10..5", "column 5: the range of day ends before it begins"},
    {"10", "column 1: a date is written year-month-day or month-day, a time hour:minute"},
    {"*-*-*/2", "column 6: the date is not understood from `/` on"},
    {"Sat..Mon", "column 6: the range of days ends before it begins: the week begins with Monday"},
    {"*:0/0", "column 5: a repetition of 0 never ends"},
    {"2200-01-01", "column 1: year must be from 1970 to 2199, not 2200"},
    {"@12x", "column 4: nothing may follow the seconds since 1970, not `x`"},
    {"@", "column 2: `@` needs the seconds since 1970, not the end"},
    {"10:00:1.", "column 9: decimals are needed here, not the end"},
    {"10:00 12", "column 7: nothing but a time zone may follow the time, not `1`"},
    {"*:5/100", "column 3: minute is repeated never: the step is too large"},
    {"*-02~29", "column 6: day from the end of the month must be from 1 to 28, not 29"},
};

void check(Kind kind, std::span<const Row> rows) {
    for (const auto& row : rows) {
        CAPTURE(row.asked.text);
        CAPTURE(row.asked.zone);
        CHECK(test::next_times(kind, row.asked) == row.times);
    }
}

}  // namespace

TEST_CASE("calendar events elapse as systemd's, where the clocks are changed too") { check(Kind::oncalendar, kEvents); }

TEST_CASE("what is no oncalendar expression is refused with the place of the mistake") {
    for (const auto& row : kRefused) {
        CAPTURE(row.text);
        CHECK(test::refusal(Kind::oncalendar, row.text) == row.why);
    }
}

TEST_CASE("calendar events have the normal form that systemd gives them, and it reads back the same") {
    const Pair rows[] = {
        {"Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"},
        {"Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"},
        {"Wed *-1", "Wed *-*-01 00:00:00"},
        {"Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"},
        {"Wed, 17:48", "Wed *-*-* 17:48:00"},
        {"Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"},
        {"*-*-7 0:0:0", "*-*-07 00:00:00"},
        {"10-15", "*-10-15 00:00:00"},
        {"monday *-12-* 17:00", "Mon *-12-* 17:00:00"},
        {"Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"},
        {"12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"},
        {"12..14:10,20,30", "*-*-* 12..14:10,20,30:00"},
        {"mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"},
        {"03-05 08:05:40", "*-03-05 08:05:40"},
        {"08:05:40", "*-*-* 08:05:40"},
        {"05:40", "*-*-* 05:40:00"},
        {"Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40"},
        {"Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"},
        {"2003-03-05 05:40", "2003-03-05 05:40:00"},
        {"05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"},
        {"2003-02..04-05", "2003-02..04-05 00:00:00"},
        {"2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC"},
        {"2003-03-05", "2003-03-05 00:00:00"},
        {"03-05", "*-03-05 00:00:00"},
        {"hourly", "*-*-* *:00:00"},
        {"daily", "*-*-* 00:00:00"},
        {"daily UTC", "*-*-* 00:00:00 UTC"},
        {"monthly", "*-*-01 00:00:00"},
        {"weekly", "Mon *-*-* 00:00:00"},
        {"weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"},
        {"yearly", "*-01-01 00:00:00"},
        {"annually", "*-01-01 00:00:00"},
        {"*:2/3", "*-*-* *:02/3:00"},
        {"minutely", "*-*-* *:*:00"},
        {"quarterly", "*-01,04,07,10-01 00:00:00"},
        {"semiannually", "*-01,07-01 00:00:00"},
        {"*-*~5/2", "*-*~05/2 00:00:00"},
        {"*-*-5..10/3", "*-*-05..08/3 00:00:00"},
        {"*:*:0/1,5", "*-*-* *:*:*"},
        {"@1395716396", "2014-03-25 02:59:56 UTC"},
        {"98..99-1-1", "1998..1999-01-01 00:00:00"},
        {"Mon..Tue,Thu..Fri *:*", "Mon,Tue,Thu,Fri *-*-* *:*:00"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto schedule = Schedule::parse(Kind::oncalendar, row.text, Zone::utc());
        REQUIRE(schedule);
        CHECK(schedule->text() == row.normal);
        const auto again = Schedule::parse(Kind::oncalendar, schedule->text(), Zone::utc());
        REQUIRE(again);
        CHECK(again->text() == row.normal);
    }
}

}  // namespace oncalendar_test

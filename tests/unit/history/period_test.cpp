#include <doctest/doctest.h>

#include "controlplane/history/period.h"

namespace period_test {

using namespace sonde;
using namespace sonde::history;

namespace {

std::string read(const std::string& text, const std::string& zone = "UTC", const std::string& now = "2026-11-05T22:30:00Z") {
    const auto period = read_period(text, *calendar::Zone::find(zone), *from_rfc3339(now));
    if (!period) return "refused";
    return to_rfc3339(period->from).substr(0, 16) + " " + to_rfc3339(period->to).substr(0, 16);
}

}  // namespace

TEST_CASE("periods are of calendars: years, quarters, months, ISO weeks, days") {
    CHECK(read("2026") == "2026-01-01T00:00 2027-01-01T00:00");
    CHECK(read("2026-Q4") == "2026-10-01T00:00 2027-01-01T00:00");
    CHECK(read("2024-02") == "2024-02-01T00:00 2024-03-01T00:00");
    CHECK(read("2024-02-29") == "2024-02-29T00:00 2024-03-01T00:00");
    CHECK(read("2026-W01") == "2025-12-29T00:00 2026-01-05T00:00");
    CHECK(read("2026-W53") == "2026-12-28T00:00 2027-01-04T00:00");
}

TEST_CASE("periods are seen from now, on the clocks of the zone") {
    CHECK(read("today") == "2026-11-05T00:00 2026-11-06T00:00");
    CHECK(read("today", "Asia/Tokyo") == "2026-11-05T15:00 2026-11-06T15:00");  // it is the 6th there
    CHECK(read("yesterday") == "2026-11-04T00:00 2026-11-05T00:00");
    CHECK(read("this_week") == "2026-11-02T00:00 2026-11-09T00:00");
    CHECK(read("last_week") == "2026-10-26T00:00 2026-11-02T00:00");
    CHECK(read("this_month") == "2026-11-01T00:00 2026-12-01T00:00");
    CHECK(read("last_month", "UTC", "2026-01-31T12:00:00Z") == "2025-12-01T00:00 2026-01-01T00:00");
    CHECK(read("this_quarter") == "2026-10-01T00:00 2027-01-01T00:00");
    CHECK(read("last_quarter") == "2026-07-01T00:00 2026-10-01T00:00");
    CHECK(read("this_year") == "2026-01-01T00:00 2027-01-01T00:00");
    CHECK(read("last_year") == "2025-01-01T00:00 2026-01-01T00:00");
}

TEST_CASE("a month in which clocks change is an hour longer or shorter, and a midnight that is skipped begins later") {
    CHECK(read("2026-10", "Europe/Berlin") == "2026-09-30T22:00 2026-10-31T23:00");
    CHECK(read("2026-03", "Europe/Berlin") == "2026-02-28T23:00 2026-03-31T22:00");
    CHECK(read("2026-04-24", "Africa/Cairo") == "2026-04-23T22:00 2026-04-24T21:00");
}

TEST_CASE("what is no period is refused") {
    for (const auto* text : {"", "26", "1969", "2026-", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "2026-W00", "2026-W54", "2025-W53", "2026-02-30", "2026-1", "2026-1-1",
                             "2026-10-07T00:00", "next_month", "+026", "2026/10", "2026-W1", "-2026", "2026-+1", "20261"}) {
        CHECK_MESSAGE(read(text) == "refused", text);
    }
}

}  // namespace period_test

#include "lib/channel/quiet_hours.h"

#include <doctest/doctest.h>

namespace quiet_hours_test {

using namespace sonde;
using namespace sonde::channel;

namespace {

std::string refused(const Json& document) {
    json::Problems problems;
    CHECK(!read_quiet_hours(document, "/quiet_hours", problems));
    REQUIRE(!problems.empty());
    return problems[0].pointer + ": " + problems[0].detail;
}

QuietHours read(const Json& document) {
    json::Problems problems;
    const auto quiet = read_quiet_hours(document, "", problems);
    REQUIRE(quiet);
    return *quiet;
}

// Until when, as text; `-` for not now.
std::string until(const QuietHours& quiet, const std::string& at) {
    const auto end = quiet_until(quiet, *from_rfc3339(at));
    return end ? to_rfc3339(*end) : "-";
}

const Json kNights{{"time_zone", "Europe/Berlin"}, {"windows", {{{"from", "22:00"}, {"to", "07:00"}}}}};

}  // namespace

TEST_CASE("a night is quiet from its evening to the next morning, by the clocks of its zone") {
    const auto quiet = read(kNights);
    CHECK(until(quiet, "2026-01-15T20:59:59.999Z") == "-");
    CHECK(until(quiet, "2026-01-15T21:00:00Z") == "2026-01-16T06:00:00.000Z");
    CHECK(until(quiet, "2026-01-16T05:59:59.999Z") == "2026-01-16T06:00:00.000Z");
    CHECK(until(quiet, "2026-01-16T06:00:00Z") == "-");
    CHECK(until(quiet, "2026-07-15T20:00:00Z") == "2026-07-16T05:00:00.000Z");
}

TEST_CASE("where clocks change, quiet hours end when a clock on the wall says so") {
    const auto quiet = read(kNights);
    CHECK(until(quiet, "2026-03-28T21:30:00Z") == "2026-03-29T05:00:00.000Z");
    CHECK(until(quiet, "2026-10-24T20:30:00Z") == "2026-10-25T06:00:00.000Z");
    // 02:30 is skipped on 29 March, and comes twice on 25 October.
    const auto odd = read({{"time_zone", "Europe/Berlin"}, {"windows", {{{"from", "00:00"}, {"to", "02:30"}}}}});
    CHECK(until(odd, "2026-03-29T00:30:00Z") == "2026-03-29T01:00:00.000Z");
    CHECK(until(odd, "2026-10-25T00:15:00Z") == "2026-10-25T00:30:00.000Z");
    CHECK(until(odd, "2026-10-25T01:15:00Z") == "-");
}

TEST_CASE("days are those that a window begins on, and windows that follow each other are one") {
    const auto quiet = read({{"time_zone", "UTC"}, {"windows", {{{"days", {"fri"}}, {"from", "20:00"}, {"to", "24:00"}}, {{"days", {"sat", "sun"}}, {"from", "00:00"}, {"to", "24:00"}},
                                                                {{"days", {"sun"}}, {"from", "22:00"}, {"to", "06:00"}}}}});
    CHECK(until(quiet, "2026-01-16T19:59:00Z") == "-");  // a Friday
    CHECK(until(quiet, "2026-01-16T20:00:00Z") == "2026-01-19T06:00:00.000Z");
    CHECK(until(quiet, "2026-01-20T23:00:00Z") == "-");
}

TEST_CASE("what is written is read back the same") {
    const auto quiet = read({{"time_zone", "Asia/Kolkata"}, {"windows", {{{"days", {"sun", "mon"}}, {"from", "00:00"}, {"to", "24:00"}}}}, {"except_severities", {"critical", "major"}}});
    CHECK(read(write_quiet_hours(quiet)) == quiet);
    CHECK(write_quiet_hours(quiet)["windows"][0]["days"] == Json{"mon", "sun"});
    CHECK(read(kNights).except_severities == std::vector<std::string>{"critical"});
}

TEST_CASE("what makes no sense is refused where it stands") {
    CHECK(refused({{"windows", Json::array()}}) == "/quiet_hours/windows: must have at least one window; without quiet hours it is null");
    CHECK(refused({{"windows", {{{"from", "25:00"}, {"to", "07:00"}}}}}) == "/quiet_hours/windows/0/from: must be a time of the day like 07:30");
    CHECK(refused({{"windows", {{{"from", "24:00"}, {"to", "07:00"}}}}}) == "/quiet_hours/windows/0/from: must be a time of the day like 07:30");
    CHECK(refused({{"windows", {{{"from", "7:00"}, {"to", "07:00"}}}}}) == "/quiet_hours/windows/0/from: must be a time of the day like 07:30");
    CHECK(refused({{"windows", {{{"days", {"monday"}}, {"from", "01:00"}, {"to", "07:00"}}}}}) == "/quiet_hours/windows/0/days/0: must be one of mon, tue, wed, thu, fri, sat, sun");
    CHECK(refused({{"windows", {{{"from", "00:00"}, {"to", "12:00"}}, {{"from", "12:00"}, {"to", "00:00"}}}}}) ==
          "/quiet_hours/windows: leave no minute of the week; disable the channel instead");
    CHECK(refused({{"time_zone", "Europe/Berln"}, {"windows", {{{"from", "00:00"}, {"to", "12:00"}}}}}).starts_with("/quiet_hours/time_zone: is not a time zone"));
    CHECK(refused({{"except_severities", {"awful"}}, {"windows", {{{"from", "00:00"}, {"to", "12:00"}}}}}) ==
          "/quiet_hours/except_severities/0: must be one of critical, major, minor");
}

}  // namespace quiet_hours_test

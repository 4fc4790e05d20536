// `sonde next`, from its arguments to what it prints.
#include <doctest/doctest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/failure.h"

namespace next_test {

using namespace sonde::cli;

namespace {

// Sends standard output to a file while it lives.
class Printed {
public:
    Printed() : file_(std::tmpfile()), before_(::dup(STDOUT_FILENO)) {
        std::fflush(stdout);
        ::dup2(::fileno(file_), STDOUT_FILENO);
    }
    ~Printed() {
        restore();
        std::fclose(file_);
    }
    Printed(const Printed&) = delete;
    Printed& operator=(const Printed&) = delete;

    std::string text() {
        restore();
        std::string text;
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) text += static_cast<char>(c);
        return text;
    }

private:
    void restore() {
        if (before_ < 0) return;
        std::fflush(stdout);
        ::dup2(before_, STDOUT_FILENO);
        ::close(before_);
        before_ = -1;
    }

    std::FILE* file_;
    int before_;
};

// What `sonde next` prints; what it refuses, after its exit code.
std::string next(std::vector<std::string> arguments) {
    CLI::App app;
    std::function<int()> run;
    add_next(app, run);
    arguments.insert(arguments.begin(), "next");
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
    Printed printed;
    try {
        const int code = run();
        CHECK(code == kOk);
        return printed.text();
    } catch (const Failure& failure) {
        CHECK(printed.text().empty());
        return std::to_string(failure.exit_code()) + ": " + failure.what();
    }
}

}  // namespace

TEST_CASE("next prints as many times as asked for, across the beginning and the end of summer time") {
    // Berlin has no 02:30 on 29 March 2026, and two of them on 25 October.
    CHECK(next({"30 2 * * *", "--tz", "Europe/Berlin", "--from", "2026-03-28T00:00:00Z", "--count", "3"}) ==
          "2026-03-28T02:30:00+01:00\n2026-03-29T03:00:00+02:00\n2026-03-30T02:30:00+02:00\n");
    CHECK(next({"30 2 * * *", "--tz", "Europe/Berlin", "--from", "2026-10-24T12:00:00Z", "--count", "2"}) ==
          "2026-10-25T02:30:00+02:00\n2026-10-26T02:30:00+01:00\n");
    CHECK(next({"Mon..Fri *-*-* 09:00", "--tz", "America/New_York", "--from", "2026-03-06T15:00:00Z", "--count", "2"}) ==
          "2026-03-09T09:00:00-04:00\n2026-03-10T09:00:00-04:00\n");
}

TEST_CASE("next prints five times of UTC unless told otherwise, and none that is not after --from") {
    CHECK(next({"0 0 1 1 *", "--from", "2026-01-01T00:00:00Z"}) ==
          "2027-01-01T00:00:00+00:00\n2028-01-01T00:00:00+00:00\n2029-01-01T00:00:00+00:00\n2030-01-01T00:00:00+00:00\n2031-01-01T00:00:00+00:00\n");
}

TEST_CASE("next counts a recurrence from its start, ends where the rule ends, and fails if that is over") {
    const std::string rule = "DTSTART:20260101T090000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2";
    CHECK(next({rule, "--from", "2026-01-01T00:00:00Z"}) == "2026-01-31T09:00:00+00:00\n2026-02-28T09:00:00+00:00\n");
    CHECK(next({"FREQ=DAILY;COUNT=3", "--start", "2026-01-01T06:00:00Z", "--from", "2026-01-02T12:00:00Z"}) == "2026-01-03T06:00:00+00:00\n");
    CHECK(next({"FREQ=DAILY;COUNT=1", "--start", "2026-01-01T00:00:00Z", "--from", "2026-01-02T00:00:00Z"}) ==
          "1: `FREQ=DAILY;COUNT=1` never happens after 2026-01-02T00:00:00+00:00");
}

TEST_CASE("next says what is wrong with what it was given, and exits with 2") {
    CHECK(next({"61 * * * *"}) == "2: not a valid cron expression: column 1: minute must be from 0 to 59, not 61");
    CHECK(next({"0 0 * * *", "--kind", "oncalendar"}).starts_with("2: not a valid oncalendar expression: "));
    CHECK(next({"* * * * *", "--tz", "Mars/Base"}) == "2: --tz is not a time zone of the IANA database: Mars/Base");
    CHECK(next({"* * * * *", "--from", "yesterday"}) == "2: --from must be an RFC 3339 time as 2026-03-29T00:00:00Z, not `yesterday`");
    CHECK(next({"* * * * *", "--start", "2026-01-01T00:00:00Z"}) == "2: --start is for a recurrence rule");
    CHECK_THROWS_AS(next({"* * * * *", "--count", "0"}), CLI::ValidationError);
    CHECK_THROWS_AS(next({}), CLI::RequiredError);
}

}  // namespace next_test

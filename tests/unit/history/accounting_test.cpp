#include <doctest/doctest.h>

#include "controlplane/api/history/report.h"
#include "controlplane/history/accounting.h"

namespace accounting_test {

using namespace sonde;
using namespace sonde::history;

namespace {

TimeIn some_times() {
    TimeIn times;
    times[State::up] = seconds{800};
    times[State::down] = seconds{100};
    times[State::degraded] = seconds{50};
    times[State::unknown] = seconds{30};
    times[State::pending] = seconds{20};
    times[State::maintenance] = seconds{400};
    times[State::paused] = seconds{600};
    return times;
}

}  // namespace

TEST_CASE("by default only what is known counts, and degraded is up") {
    const auto uptime = count(some_times(), {});
    CHECK(uptime.up == seconds{850});
    CHECK(uptime.down == seconds{100});
    CHECK(uptime.excluded == seconds{1050});
    CHECK(*uptime.ratio == doctest::Approx(850.0 / 950));
    CHECK(*uptime.coverage == doctest::Approx(950.0 / 1000));  // neither maintenance nor pauses lower it
}

TEST_CASE("each state counts as it is asked to") {
    const auto uptime = count(some_times(), {Counts::down, Counts::down, Counts::excluded, Counts::up, Counts::excluded});
    CHECK(uptime.up == seconds{1200});
    CHECK(uptime.down == seconds{180});
    CHECK(uptime.excluded == seconds{620});
}

TEST_CASE("what was never watched has neither uptime nor coverage") {
    TimeIn times;
    times[State::paused] = seconds{100};
    const auto uptime = count(times, {});
    CHECK_FALSE(uptime.ratio);
    CHECK_FALSE(uptime.coverage);
    CHECK_FALSE(controlplane::budget_of(uptime, seconds{0}, 99.9).burn_rate);
}

TEST_CASE("the error budget is of the time that counts and of what is still to come") {
    Uptime uptime;
    uptime.up = seconds{49'950};
    uptime.down = seconds{50};
    const auto half = controlplane::budget_of(uptime, seconds{50'000}, 99.9);
    CHECK(half.allowed_s == doctest::Approx(100));
    CHECK(half.used_s == doctest::Approx(50));
    CHECK(half.left_s == doctest::Approx(50));
    CHECK(*half.used_percent == doctest::Approx(50));
    CHECK(*half.burn_rate == doctest::Approx(1));  // half of it for half of the time
    const auto whole = controlplane::budget_of(uptime, seconds{0}, 100);
    CHECK(whole.allowed_s == doctest::Approx(0));
    CHECK(whole.left_s == doctest::Approx(-50));
    CHECK_FALSE(whole.used_percent);
    CHECK_FALSE(whole.burn_rate);
}

}  // namespace accounting_test

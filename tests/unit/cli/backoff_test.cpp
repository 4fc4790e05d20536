#include "cli/up/backoff.h"

#include <doctest/doctest.h>

#include <vector>

namespace backoff_test {

using namespace std::chrono_literals;
using sonde::milliseconds;
using sonde::cli::up::BackOff;

TEST_CASE("a child that keeps dying waits half a second, doubling to ten") {
    BackOff back_off;
    std::vector<milliseconds> delays;
    for (int i = 0; i < 7; ++i) delays.push_back(back_off.next(100ms));
    CHECK(delays == std::vector<milliseconds>{500ms, 1s, 2s, 4s, 8s, 10s, 10s});
}

TEST_CASE("half a minute in which it was well is forgiveness") {
    BackOff back_off;
    for (int i = 0; i < 5; ++i) back_off.next(0ms);
    CHECK(back_off.next(30s) == 500ms);
    CHECK(back_off.next(29'999ms) == 1s);
}

}  // namespace backoff_test

#include "incident-engine/pace.h"

#include <doctest/doctest.h>

namespace pace_test {

using namespace sonde;
using engine::Pace;

TEST_CASE("room is made for what is taken in two seconds, within its bounds") {
    Pace pace(128);
    MonotonicPoint now{std::chrono::hours{1}};
    CHECK(pace.room() == Pace::kLeast);
    pace.took(1, 4, now);
    const auto takes = [&](std::size_t messages) {
        for (int i = 0; i < 5; ++i) pace.took(messages / 5, 4, now += milliseconds{100});
        return pace.room();
    };
    CHECK(takes(60) == 60);      // 120 a second, 240 in two, of four shards
    CHECK(takes(100) == 100);
    CHECK(takes(5000) == 128);
    CHECK(takes(10) == Pace::kLeast);
    CHECK(takes(0) == Pace::kLeast);
    Pace narrow(4);
    CHECK(narrow.room() == 4);
    narrow.took(10'000, 1, now);
    CHECK(narrow.room() == 4);
}

}  // namespace pace_test

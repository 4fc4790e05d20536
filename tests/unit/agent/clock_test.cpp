#include "probe-agent/work/clock.h"

#include <doctest/doctest.h>

using namespace sonde;
using agent::ClockFilter;

namespace {

constexpr TimePoint at(std::int64_t ms) { return from_unix_ms(1'700'000'000'000 + ms); }

}  // namespace

TEST_CASE("a clock that nobody answered is taken to be right") { CHECK(ClockFilter{}.offset() == milliseconds{0}); }

TEST_CASE("the offset is what is left when the way there and back is taken to be even") {
    ClockFilter filter;
    // Ours is 300 ms ahead; 10 ms each way.
    filter.add(at(300), at(10), at(320));
    CHECK(filter.offset() == milliseconds{300});
    ClockFilter behind;
    behind.add(at(-5000), at(10), at(-4980));
    CHECK(behind.offset() == milliseconds{-5000});
}

TEST_CASE("the answer that travelled fastest is believed") {
    ClockFilter filter;
    filter.add(at(0), at(100), at(400));  // lopsided: seems 100 ms ahead
    CHECK(filter.offset() == milliseconds{100});
    filter.add(at(1000), at(995), at(1002));
    CHECK(filter.offset() == milliseconds{6});
    filter.add(at(2000), at(2300), at(2400));
    CHECK(filter.offset() == milliseconds{6});
}

TEST_CASE("the fastest answer is believed no longer than eight answers") {
    ClockFilter filter;
    filter.add(at(0), at(0), at(2));
    for (int i = 1; i <= 8; ++i) filter.add(at(i * 1000 + 50), at(i * 1000 + 5), at(i * 1000 + 60));
    CHECK(filter.offset() == milliseconds{50});
}

TEST_CASE("answers that took too long, or came before they were asked for, say nothing") {
    ClockFilter filter;
    filter.add(at(0), at(9000), at(2001));
    filter.add(at(0), at(9000), at(-1));
    CHECK(filter.offset() == milliseconds{0});
}

TEST_CASE("a clock that was set is followed at once") {
    ClockFilter filter;
    for (int i = 0; i < 8; ++i) filter.add(at(i * 1000), at(i * 1000), at(i * 1000 + 1));
    filter.add(at(100'000), at(40'000), at(100'040));
    CHECK(filter.offset() == milliseconds{60'020});
    filter.add(at(101'000), at(41'000), at(101'020));
    CHECK(filter.offset() == milliseconds{60'010});
}

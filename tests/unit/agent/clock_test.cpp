#include "probe-agent/work/clock.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "lib/base/shard.h"

namespace clock_test {

using namespace sonde;
using agent::ClockFilter;
using Heard = ClockFilter::Heard;

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

TEST_CASE("a clock that was set is followed when a second answer says so") {
    ClockFilter filter;
    for (int i = 0; i < 8; ++i) CHECK(filter.add(at(i * 1000), at(i * 1000), at(i * 1000 + 1)) == Heard::believed);
    CHECK(filter.add(at(100'000), at(40'000), at(100'040)) == Heard::doubted);
    CHECK(filter.offset() == milliseconds{0});
    CHECK(filter.add(at(100'050), at(40'050), at(100'090)) == Heard::believed);
    CHECK(filter.offset() == milliseconds{60'020});
    filter.add(at(101'000), at(41'000), at(101'020));
    CHECK(filter.offset() == milliseconds{60'010});
    // And back.
    filter.add(at(45'000), at(45'000), at(45'010));
    filter.add(at(45'020), at(45'020), at(45'030));
    CHECK(filter.offset() == milliseconds{5});
}

TEST_CASE("a single answer that is minutes wrong is not believed, however fast it came, nor are two that contradict each other") {
    ClockFilter filter;
    filter.add(at(300), at(10), at(320));
    for (const int wrong : {-300'000, 300'000, -60'000, 5'000}) {
        CHECK(filter.add(at(1300), at(1000 + wrong), at(1300)) == Heard::doubted);
        CHECK(filter.offset() == milliseconds{300});
    }
    CHECK(filter.add(at(2300), at(2010), at(2320)) == Heard::believed);
    CHECK(filter.add(at(3300), at(303'000), at(3300)) == Heard::doubted);
    CHECK(filter.add(at(4300), at(4010), at(4320)) == Heard::believed);
    CHECK_MESSAGE(filter.add(at(5300), at(305'000), at(5300)) == Heard::doubted, "what was doubted before the last answer is forgotten");
    CHECK(filter.offset() == milliseconds{300});
}

TEST_CASE("up to five minutes of skew are found to the half of the fastest way, through jitter, lopsided ways, lost answers and outliers") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        auto state = seed;
        const auto dice = [&](std::int64_t most) { return static_cast<std::int64_t>(stable_hash(state += 0x9E3779B97F4A7C15ULL) % static_cast<std::uint64_t>(most + 1)); };
        const milliseconds ahead{dice(600'000) - 300'000};
        ClockFilter filter;
        std::array<std::int64_t, 8> ways{};
        bool outlier = true;  // never two in a row, and not the first
        int heard = 0;
        for (int i = 0; i < 100; ++i) {
            const auto there = 1 + dice(dice(9) == 0 ? 900 : 30);
            const auto back = 1 + dice(dice(9) == 0 ? 900 : 30);
            outlier = !outlier && dice(4) == 0;
            const auto real = at(i * 5000);
            if (outlier) {
                filter.add(real + ahead, real + milliseconds{dice(1) == 0 ? 120'000 : -3'600'000}, real + ahead + milliseconds{dice(3)});
            } else {
                filter.add(real + ahead, real + milliseconds{there}, real + ahead + milliseconds{there + back});
                ways[static_cast<std::size_t>(heard++) % ways.size()] = there + back;
            }
            const auto fastest = *std::min_element(ways.begin(), ways.begin() + std::min<std::ptrdiff_t>(heard, 8));
            CHECK_MESSAGE(std::chrono::abs(filter.offset() - ahead) <= milliseconds{fastest / 2 + 1}, "seed " << seed << ", answer " << i);
        }
    }
}

}  // namespace clock_test

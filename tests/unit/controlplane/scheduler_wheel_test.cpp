#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include "controlplane/scheduler/timing_wheel.h"

namespace scheduler_wheel_test {

using namespace sonde;
using scheduler::TimingWheel;

namespace {
constexpr TimePoint kStart = from_unix_ms(1'790'000'000'123);

std::vector<TimingWheel::Handle> advance(TimingWheel& wheel, TimePoint now) {
    std::vector<TimingWheel::Handle> due;
    wheel.advance(now, due);
    return due;
}
}  // namespace

TEST_CASE("a handle falls due at its millisecond and not before") {
    TimingWheel wheel(kStart);
    for (const auto after : {1, 63, 64, 65, 4'095, 4'096, 262'144, 30'000, 86'400'000}) {
        const auto at = kStart + milliseconds{after};
        TimingWheel fresh(kStart);
        fresh.insert(3, at);
        CHECK(advance(fresh, at - milliseconds{1}).empty());
        CHECK(advance(fresh, at) == std::vector<TimingWheel::Handle>{3});
        CHECK(fresh.size() == 0);
        CHECK(!fresh.contains(3));
    }
}

TEST_CASE("a handle whose time has come already falls due with the next advance, before the others") {
    TimingWheel wheel(kStart);
    wheel.insert(0, kStart + milliseconds{5});
    wheel.insert(1, kStart - seconds{3});
    wheel.insert(2, kStart);
    CHECK(wheel.next() <= kStart);
    CHECK(advance(wheel, kStart + milliseconds{5}) == std::vector<TimingWheel::Handle>{1, 2, 0});
}

TEST_CASE("a removed handle never falls due, and may be inserted again") {
    TimingWheel wheel(kStart);
    wheel.insert(0, kStart + seconds{1});
    wheel.insert(1, kStart + seconds{1});
    wheel.insert(2, kStart + seconds{1});
    wheel.remove(1);
    wheel.remove(1);
    wheel.remove(99);
    wheel.insert(1, kStart + seconds{2});
    CHECK(advance(wheel, kStart + seconds{1}) == std::vector<TimingWheel::Handle>{0, 2});
    CHECK(advance(wheel, kStart + seconds{2}) == std::vector<TimingWheel::Handle>{1});
    CHECK(!wheel.next());
}

TEST_CASE("time that stands still or goes back lets nothing fall due") {
    TimingWheel wheel(kStart);
    wheel.insert(0, kStart + seconds{1});
    CHECK(advance(wheel, kStart - std::chrono::hours{1}).empty());
    CHECK(advance(wheel, kStart).empty());
    CHECK(advance(wheel, kStart + seconds{1}).size() == 1);
}

TEST_CASE("a standstill of years costs nothing") {
    TimingWheel wheel(kStart);
    wheel.insert(0, kStart + seconds{1});
    const auto later = kStart + std::chrono::hours{24 * 3650};
    CHECK(advance(wheel, later).size() == 1);
    wheel.insert(0, later + milliseconds{7});
    CHECK(advance(wheel, later + milliseconds{6}).empty());
    CHECK(advance(wheel, later + milliseconds{7}).size() == 1);
}

TEST_CASE("whatever is inserted, removed and awaited, a wheel does what a sorted map does") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        std::mt19937_64 random(seed);
        const auto below = [&random](std::uint64_t n) { return random() % n; };
        TimingWheel wheel(kStart);
        std::multimap<TimePoint, TimingWheel::Handle> model;
        std::map<TimingWheel::Handle, TimePoint> present;
        auto now = kStart;
        for (int step = 0; step < 3'000; ++step) {
            const auto handle = static_cast<TimingWheel::Handle>(below(200));
            const auto choice = below(10);
            if (choice < 6 && !present.contains(handle)) {
                // Spans of every level, and some of the past.
                const auto span = static_cast<std::int64_t>(below(std::uint64_t{1} << (1 + below(30)))) - static_cast<std::int64_t>(below(50));
                const auto at = now + milliseconds{span};
                wheel.insert(handle, at);
                model.emplace(at, handle);
                present.emplace(handle, at);
            } else if (choice < 7) {
                wheel.remove(handle);
                if (const auto found = present.find(handle); found != present.end()) {
                    const auto [from, to] = model.equal_range(found->second);
                    for (auto item = from; item != to; ++item) {
                        if (item->second == handle) {
                            model.erase(item);
                            break;
                        }
                    }
                    present.erase(found);
                }
            } else {
                now += milliseconds{static_cast<std::int64_t>(below(std::uint64_t{1} << (1 + below(22))))};
                if (wheel.next() && !model.empty()) REQUIRE(*wheel.next() <= std::max(model.begin()->first, now));
                auto due = advance(wheel, now);
                std::vector<TimingWheel::Handle> expected;
                while (!model.empty() && model.begin()->first <= now) {
                    expected.push_back(model.begin()->second);
                    present.erase(model.begin()->second);
                    model.erase(model.begin());
                }
                std::sort(due.begin(), due.end());
                std::sort(expected.begin(), expected.end());
                REQUIRE(due == expected);
            }
            REQUIRE(wheel.size() == model.size());
            REQUIRE(wheel.contains(handle) == present.contains(handle));
        }
    }
}

TEST_CASE("what falls due together comes in order of time") {
    TimingWheel wheel(kStart);
    std::mt19937_64 random(1);
    std::vector<TimePoint> at;
    for (TimingWheel::Handle handle = 0; handle < 5'000; ++handle) {
        at.push_back(kStart + milliseconds{1 + static_cast<std::int64_t>(random() % 600'000)});
        wheel.insert(handle, at.back());
    }
    const auto due = advance(wheel, kStart + seconds{600});
    REQUIRE(due.size() == 5'000);
    for (std::size_t i = 1; i < due.size(); ++i) REQUIRE(at[due[i - 1]] <= at[due[i]]);
}

}  // namespace scheduler_wheel_test

#include "notifier/core/breaker.h"

#include <doctest/doctest.h>

namespace breaker_test {

using namespace sonde;
using namespace sonde::notifier;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1'767'225'600s};

Breaker fail(const Breaker& breaker, TimePoint at, std::optional<milliseconds> wanted = {}) {
    return after(breaker, Outcome::timed_out, wanted, at, at);
}

Breaker opened(TimePoint at) {
    Breaker breaker;
    for (int i = 0; i < kFailuresToOpen; ++i) breaker = fail(breaker, at);
    return breaker;
}

}  // namespace

TEST_CASE("some failures in a row open it, and what is accepted in between begins anew") {
    Breaker breaker;
    for (int i = 1; i < kFailuresToOpen; ++i) breaker = fail(breaker, kStart);
    CHECK(!breaker.open_since);
    CHECK(!attempts_allowed(breaker, kStart));
    breaker = after(breaker, Outcome::accepted, {}, kStart, kStart);
    CHECK(breaker == Breaker{});
    CHECK(opened(kStart).open_since == kStart);
}

TEST_CASE("an open one allows one probe a time, later and later up to a bound, and is closed by the first that is accepted") {
    auto breaker = opened(kStart);
    auto now = kStart;
    CHECK(attempts_allowed(breaker, now + kFirstCoolOff - 1ms) == 0);
    auto expected = kFirstCoolOff;
    for (int i = 0; i < 8; ++i) {
        CAPTURE(i);
        CHECK(breaker.probe_at - now == expected);
        now = breaker.probe_at;
        CHECK(attempts_allowed(breaker, now) == 1);
        breaker = probing(breaker, 30s, now);
        CHECK(attempts_allowed(breaker, now + 1s) == 0);
        CHECK(attempts_allowed(breaker, now + 30s) == 1);
        breaker = after(breaker, Outcome::unavailable, {}, now, now + 2s);
        now += 2s;
        expected = std::min(expected * 2, kLongestCoolOff);
    }
    CHECK(breaker.open_since == kStart);
    CHECK(after(breaker, Outcome::accepted, {}, now, now) == Breaker{});
}

TEST_CASE("attempts that were under way when it opened do not make it longer") {
    const auto breaker = opened(kStart);
    auto later = after(breaker, Outcome::timed_out, {}, kStart - 5s, kStart + 1s);
    CHECK(later.probe_at == breaker.probe_at);
    CHECK(later.cool_off == breaker.cool_off);
    CHECK(later.failures == breaker.failures + 1);
}

TEST_CASE("a refusal leaves it as it is, but for the next probe, which is made at once") {
    const auto breaker = opened(kStart);
    const auto refused = after(breaker, Outcome::refused, {}, kStart + 10s, kStart + 11s);
    CHECK(refused.open_since == breaker.open_since);
    CHECK(attempts_allowed(refused, kStart + 11s) == 1);
    CHECK(after({}, Outcome::gone, {}, kStart, kStart) == Breaker{});
}

TEST_CASE("a receiver's wish to be asked later counts for all of the channel, within reason") {
    auto breaker = fail(opened(kStart), kStart + 10s, 120s);
    CHECK(breaker.probe_at == kStart + 130s);
    breaker = fail(opened(kStart), kStart + 10s, 48h);
    CHECK(breaker.probe_at == kStart + 10s + 1h);
}

}  // namespace breaker_test

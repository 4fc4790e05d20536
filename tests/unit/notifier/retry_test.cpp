#include "notifier/core/retry.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace retry_test {

using namespace sonde;
using namespace sonde::notifier;

namespace {

const TimePoint kPlanned = from_unix_ms(1'767'225'600'000);
const RetryPolicy kPolicy;

Next after(int attempt, Outcome outcome, milliseconds since, std::optional<milliseconds> wanted = {}, double random = 0) {
    return next_attempt(attempt, outcome, kPlanned, kPlanned + since, wanted, random, kPolicy);
}

constexpr Outcome kRepeated[] = {Outcome::redirected,  Outcome::throttled, Outcome::unavailable,     Outcome::timed_out,
                                 Outcome::unreachable, Outcome::tls,       Outcome::blocked_address, Outcome::not_sendable};

}  // namespace

TEST_CASE("an answer in the two hundreds is sent, a refusal is final, everything else is repeated") {
    for (const int status : {200, 201, 202, 204, 299}) CHECK(outcome_of_status(status) == Outcome::accepted);
    for (const int status : {300, 301, 302, 307, 308, 399}) CHECK(outcome_of_status(status) == Outcome::redirected);
    for (const int status : {400, 401, 403, 404, 405, 413, 422, 451, 499}) CHECK(outcome_of_status(status) == Outcome::refused);
    for (const int status : {408, 409, 425, 500, 502, 503, 504, 599, 600, 999})
        CHECK(outcome_of_status(status) == Outcome::unavailable);
    CHECK(outcome_of_status(410) == Outcome::gone);
    CHECK(outcome_of_status(429) == Outcome::throttled);

    CHECK(after(1, Outcome::accepted, milliseconds{0}).state == DeliveryState::sent);
    CHECK(after(1, Outcome::gone, milliseconds{0}).state == DeliveryState::dead);
    CHECK(after(1, Outcome::gone, milliseconds{0}).reason == Reason::receiver_gone);
    CHECK(after(1, Outcome::refused, milliseconds{0}).reason == Reason::receiver_refused);
    for (const auto outcome : kRepeated) {
        CAPTURE(name_of(outcome));
        CHECK(after(1, outcome, milliseconds{0}).state == DeliveryState::planned);
    }
}

TEST_CASE("the back-off doubles from one second to ten minutes and is spread over its upper half") {
    for (int attempt = 1; attempt <= 200; ++attempt) {
        const auto full =
            attempt > 10 ? milliseconds{600'000} : std::min(milliseconds{1'000LL << (attempt - 1)}, milliseconds{600'000});
        const auto now = kPlanned + milliseconds{1};
        CHECK(after(attempt, Outcome::unavailable, milliseconds{1}, {}, 0).at == now + full / 2);
        const auto late = after(attempt, Outcome::unavailable, milliseconds{1}, {}, 0.999999).at;
        CHECK(late > now + full / 2);
        CHECK(late <= now + full);
    }
}

TEST_CASE(
    "a delivery that is never accepted is attempted for a day, with its last attempt when the day is over, and then is dead") {
    std::mt19937_64 random{7};
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int run = 0; run < 200; ++run) {
        TimePoint now = kPlanned;
        TimePoint last = now;
        int attempt = 0;
        for (Next next{DeliveryState::planned, Reason::none, now};;) {
            last = now;
            next =
                next_attempt(++attempt, kRepeated[random() % std::size(kRepeated)], kPlanned, now, {}, uniform(random), kPolicy);
            if (next.state == DeliveryState::dead) {
                CHECK(next.reason == Reason::gave_up);
                break;
            }
            REQUIRE(next.state == DeliveryState::planned);
            REQUIRE(next.at > now);
            REQUIRE(attempt < 400);
            now = next.at;
        }
        CHECK(last == kPlanned + kPolicy.give_up_after);
        CHECK(attempt > 140);
    }
}

TEST_CASE("a receiver's wish for a later time is kept, up to an hour and to the last attempt") {
    const auto in = [](milliseconds wanted, int attempt, double random) {
        return after(attempt, Outcome::throttled, milliseconds{0}, wanted, random).at - kPlanned;
    };
    CHECK(in(milliseconds{30'000}, 1, 0) == milliseconds{30'000});
    CHECK(in(milliseconds{30'000}, 1, 0.5) == milliseconds{31'500});
    CHECK(in(milliseconds{0}, 1, 0) == milliseconds{500});
    CHECK(in(milliseconds{1'000}, 20, 0) == milliseconds{300'000});  // never sooner than the back-off
    CHECK(in(milliseconds{1'000'000'000'000}, 1, 0) == kPolicy.longest_wanted);
    CHECK(after(1, Outcome::throttled, milliseconds{86'000'000}, milliseconds{3'600'000}).at == kPlanned + kPolicy.give_up_after);
}

TEST_CASE("Retry-After is read as seconds or as a date in any form of HTTP") {
    const auto now = *from_rfc3339("1994-11-06T08:49:07Z");
    CHECK(parse_retry_after("120", now) == milliseconds{120'000});
    CHECK(parse_retry_after(" 0\r\n", now) == milliseconds{0});
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == milliseconds{30'000});
    CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now) == milliseconds{30'000});
    CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", now) == milliseconds{30'000});
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now) == milliseconds{0});
    CHECK(*parse_retry_after("99999999999999999999999999", now) > kPolicy.longest_wanted);
}

TEST_CASE("a Retry-After that is neither is no wish") {
    const auto now = kPlanned;
    for (const auto* text :
         {"", " ", "-1", "1.5", "soon", "12s", "0x10", "Sun, 06 Nov 1994 08:49:37 GMT+1", "Sun, 06 Nov 1994", "1 2"}) {
        CHECK_MESSAGE(!parse_retry_after(text, now), text);
    }
    CHECK(!parse_retry_after(std::string(1000, '1'), now));
}

}  // namespace retry_test

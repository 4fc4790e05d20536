// What follows an attempt: done, again later, or never. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "notifier/core/delivery.h"

namespace sonde::notifier {

// What became of one attempt; labels the metric of attempts.
enum class Outcome : unsigned char {
    accepted,         // 2xx
    gone,             // 410
    refused,          // any other 4xx that a repetition would not change
    redirected,       // 3xx: never followed, so that the body goes only where the operator said; repeated, for it may be repaired
    throttled,        // 429
    unavailable,      // 5xx, 408, 409, 425: not now
    timed_out,        // no answer in time; the receiver may have it
    unreachable,      // not resolved, not connected, or the connection broke
    tls,              // no trusted connection
    blocked_address,  // the guard refused every address; repeated, for an operator may allow it
    not_sendable,     // the channel's settings or secrets cannot be used; repeated, for an operator may repair them
};

// By the status of an HTTP answer, 100 to 999. 409 is repeated: a receiver that is busy with the first copy may answer it.
Outcome outcome_of_status(int status);

struct RetryPolicy {
    milliseconds first{1'000};               // the back-off before the second attempt; it doubles
    milliseconds longest{600'000};           // … up to this
    milliseconds longest_wanted{3'600'000};  // a receiver's Retry-After counts up to this
    milliseconds give_up_after{86'400'000};  // since the delivery was planned
};

struct Next {
    DeliveryState state;  // sent, planned (again, at `at`) or dead
    Reason reason;
    TimePoint at;  // meaningless unless planned
};

// After attempt number `attempt` (from 1) ended with `outcome` at `now`. `random` in [0, 1) spreads repetitions over the upper
// half of the back-off. A receiver's wish for a later time is kept, spread by up to a tenth. The last attempt is made when
// `give_up_after` has passed, not before. `planned_at` and `now` are of one clock.
Next next_attempt(int attempt, Outcome outcome, TimePoint planned_at, TimePoint now, std::optional<milliseconds> retry_after,
                  double random, const RetryPolicy& policy);

// The value of a Retry-After header (RFC 9110, section 10.2.3): seconds, or an HTTP-date in any of its three forms. Zero for a
// date that has passed; nothing for anything else.
std::optional<milliseconds> parse_retry_after(std::string_view value, TimePoint now);

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::Outcome> {
    static constexpr std::array<std::string_view, 11> names{
        "accepted",  "gone",        "refused", "redirected",      "throttled",    "unavailable",
        "timed_out", "unreachable", "tls",     "blocked_address", "not_sendable",
    };
};

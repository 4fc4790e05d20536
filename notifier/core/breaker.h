// Whether a channel is tried at all: after some failures in a row it is left alone, but for a probe now and then. Pure.
//
// A receiver that is down is not told of faster by asking it for every delivery, and those lose nothing by waiting: they are attempted as soon as a
// probe is accepted, and given up after as long as ever.
#pragma once

#include <optional>

#include "lib/base/instant.h"
#include "notifier/core/retry.h"

namespace sonde::notifier {

struct Breaker {
    int failures = 0;                     // in a row, that a repetition may change
    std::optional<TimePoint> open_since;  // nothing: closed
    TimePoint probe_at{};                 // of one that is open: no attempt is made before
    milliseconds cool_off{0};             // between probes; it doubles
    friend bool operator==(const Breaker&, const Breaker&) = default;
};

inline constexpr int kFailuresToOpen = 5;
inline constexpr milliseconds kFirstCoolOff{10'000};
inline constexpr milliseconds kLongestCoolOff{300'000};

// What follows from an attempt that began at `began` and ended at `now`.
//
// * What is accepted closes it. A refusal says nothing about the next delivery: the next probe is made at once.
// * Attempts that began before it was open are no probes and make it no longer.
// * A receiver's wish for a later time counts for the whole channel, up to an hour.
Breaker after(Breaker breaker, Outcome outcome, std::optional<milliseconds> retry_after, TimePoint began, TimePoint now);

// How many attempts may begin now; nothing if any number.
std::optional<int> attempts_allowed(const Breaker& breaker, TimePoint now);

// One that is taken: until its end, or for as long as its lease if there is none, there is no other.
Breaker probing(Breaker breaker, milliseconds lease, TimePoint now);

}  // namespace sonde::notifier

// How many messages a channel may be sent now: a bucket of tokens. Pure.
#pragma once

#include "lib/base/instant.h"
#include "lib/channel/flow.h"

namespace sonde::notifier {

struct Bucket {
    double tokens = 0;
    TimePoint at{};  // when there were so many; the epoch for one that was never used, which is full
    friend bool operator==(const Bucket&, const Bucket&) = default;
};

// A quarter of what a rate allows may come at once; the rest comes in by time, so that no span of its length has more than it allows. (One a span
// is one at once.)
int burst(const channel::Rate& rate);
Bucket filled(const channel::Rate& rate, const Bucket& bucket, TimePoint now);
// Of a bucket that was filled.
int allowance(const Bucket& bucket);
// When there is one more token than none, for whoever waits for it.
milliseconds until_next(const channel::Rate& rate, const Bucket& bucket);

}  // namespace sonde::notifier

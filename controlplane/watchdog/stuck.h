// When a work queue has stopped delivering, from what its consumer tells. Pure.
#pragma once

#include <cstdint>

#include "lib/base/instant.h"
#include "lib/bus/bus.h"

namespace sonde::watchdog {

enum class Remedy : unsigned char { none, consumer, stream };

// Servers of every version have been seen to hold messages that their consumer does not deliver (nats-server issues 4168, 4736, 5799,
// 7680). Signs of it: messages wait, somebody asks for them, and nothing is delivered for `stuck_after`. The remedy is a new
// consumer; if the same goes on for twice as long after that, a new stream.
class StuckDetector {
public:
    explicit StuckDetector(milliseconds stuck_after) : stuck_after_(stuck_after) {}

    // `asked_for`: somebody has room for messages, as the consumer's pull requests or the agents' presence tell. A consumer that
    // has as many unacknowledged messages as it may (`max_ack_pending`) rests rightly.
    Remedy look(const bus::ConsumerState& state, bool asked_for, int max_ack_pending, MonotonicPoint now);

    // The consumer was found missing, or not found out about: what was seen before says nothing.
    void forget() { watching_ = false; }

private:
    milliseconds stuck_after_;
    bool watching_ = false;
    std::uint64_t delivered_ = 0;
    MonotonicPoint since_;
    bool renewed_ = false;  // the consumer was made anew, and nothing has been delivered since
};

}  // namespace sonde::watchdog

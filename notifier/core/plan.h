// Who hears of an event. Pure.
#pragma once

#include <string>
#include <vector>

#include "lib/base/id.h"
#include "notifier/core/delivery.h"

namespace sonde::notifier {

// What planning needs of a channel that exists.
struct Subscriber {
    ChannelId channel;
    bool enabled = true;
    std::vector<std::string> events;  // names of the kinds it wants
};

// One row of the ledger to be.
struct Planned {
    ChannelId channel;
    DeliveryState state = DeliveryState::planned;  // planned or not_sent
    Reason reason = Reason::none;                  // of not_sent
};

// Beyond so many channels that are not told of an event, the ledger does not keep why each is not.
inline constexpr std::size_t kMaxNotSentOfEvent = 100;

// In the order of `channels`: a `planned` for each that is enabled and subscribed to `kind`; where silence is explained
// (notifier/core/event.h), a `not_sent` for the others. A disabled channel that did not subscribe either is `not_subscribed`.
std::vector<Planned> plan(std::string_view kind, const std::vector<Subscriber>& channels);

}  // namespace sonde::notifier

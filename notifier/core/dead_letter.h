// The event that tells of a delivery that was given up. Pure.
#pragma once

#include <optional>
#include <string>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::notifier {

struct DeadLetter {
    DeliveryId delivery;
    EventId event;
    std::string event_kind;
    std::optional<IncidentId> incident;
    ChannelId channel;
    std::string channel_name;
    std::string reason;
    int attempts = 0;
    std::string error;  // of the last attempt, fit to be shown
    std::optional<int> status;
    Json document;  // that was not told
};

// A document of schema/messages/event.schema.json. It says what was not told, so that whoever hears of this needs nothing else.
Json dead_letter_event(EventId id, TimePoint at, const DeadLetter& letter);

}  // namespace sonde::notifier

// The states of a delivery and why it ended as it did; spelled as in the table `delivery` and the API.
#pragma once

#include "lib/base/enum_name.h"

namespace sonde::notifier {

enum class DeliveryState : unsigned char {
    planned,     // to be attempted at next_at, and later than everything before it in its thread
    sending,     // leased; an attempt is under way, or its process died under way
    sent,        // accepted by the receiver
    superseded,  // dropped: newer news of the same thing made it old before it was accepted
    dead,        // given up
    not_sent,    // never meant to be sent
};

constexpr bool is_final(DeliveryState state) { return state != DeliveryState::planned && state != DeliveryState::sending; }

enum class Reason : unsigned char {
    none,
    // not_sent
    channel_disabled,
    channel_deleted,
    not_subscribed,
    // superseded, by what has come since
    resolved_since,
    updated_since,
    acknowledgement_changed_since,
    closed_since,
    coverage_changed_since,
    monitor_changed_since,
    // dead
    receiver_gone,     // 410: it asks for nothing more
    receiver_refused,  // another answer that a repetition would not change
    gave_up,           // delivery.give_up_after has passed
    // superseded, too
    group_changed_since,
    maintenance_ended_since,
};

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::DeliveryState> {
    static constexpr std::array<std::string_view, 6> names{"planned", "sending", "sent", "superseded", "dead", "not_sent"};
};

template <>
struct sonde::EnumNames<sonde::notifier::Reason> {
    static constexpr std::array<std::string_view, 15> names{
        "",
        "channel_disabled",
        "channel_deleted",
        "not_subscribed",
        "resolved_since",
        "updated_since",
        "acknowledgement_changed_since",
        "closed_since",
        "coverage_changed_since",
        "monitor_changed_since",
        "receiver_gone",
        "receiver_refused",
        "gave_up",
        "group_changed_since",
        "maintenance_ended_since",
    };
};

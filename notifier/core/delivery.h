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
    // not_sent, too
    not_routed,  // no deciding route names it, but others do
    muted,       // by the site
    replaced,    // the site has others in place of what routes and subscriptions say
    not_told,    // the end of what it never heard of
    grouped,     // told together with other news, by a digest
    // planned
    quiet_hours,  // until they are over
};

// What decided on a channel.
enum class Via : unsigned char {
    subscription,  // its own `events`: no route names it
    route,
    site,       // a site's override
    follow_up,  // it heard of the incident before
    fallback,   // another channel, which it stands in for, could not be told
    escalation,  // a step of one names it
};

}  // namespace sonde::notifier

template <>
struct sonde::EnumNames<sonde::notifier::DeliveryState> {
    static constexpr std::array<std::string_view, 6> names{"planned", "sending", "sent", "superseded", "dead", "not_sent"};
};

template <>
struct sonde::EnumNames<sonde::notifier::Reason> {
    static constexpr std::array<std::string_view, 21> names{
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
        "not_routed",
        "muted",
        "replaced",
        "not_told",
        "grouped",
        "quiet_hours",
    };
};

template <>
struct sonde::EnumNames<sonde::notifier::Via> {
    static constexpr std::array<std::string_view, 6> names{"subscription", "route", "site", "follow_up", "fallback", "escalation"};
};

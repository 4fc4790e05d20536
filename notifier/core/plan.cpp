#include "notifier/core/plan.h"

#include <algorithm>

#include "notifier/core/event.h"

namespace sonde::notifier {
namespace {

Reason reason_for_silence(std::string_view kind, const Subscriber& subscriber) {
    const auto& wanted = subscriber.events;
    if (std::find(wanted.begin(), wanted.end(), kind) == wanted.end()) return Reason::not_subscribed;
    return subscriber.enabled ? Reason::none : Reason::channel_disabled;
}

}  // namespace

std::vector<Planned> plan(std::string_view kind, const std::vector<Subscriber>& channels) {
    const bool explain = explains_silence(event_kind(kind));
    std::vector<Planned> planned;
    std::size_t silent = 0;
    for (const auto& subscriber : channels) {
        const auto reason = reason_for_silence(kind, subscriber);
        if (reason == Reason::none) {
            planned.push_back({subscriber.channel, DeliveryState::planned, reason});
        } else if (explain && silent < kMaxNotSentOfEvent) {
            planned.push_back({subscriber.channel, DeliveryState::not_sent, reason});
            ++silent;
        }
    }
    return planned;
}

}  // namespace sonde::notifier

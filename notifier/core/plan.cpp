#include "notifier/core/plan.h"

#include <algorithm>
#include <utility>

#include "notifier/core/event.h"

namespace sonde::notifier {
namespace {

template <class List, class Value>
bool has(const List& list, const Value& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

Planned told(const Subscriber& channel, Via via, RouteId route = {}, bool opens = false) {
    if (!channel.enabled) return {channel.channel, DeliveryState::not_sent, Reason::channel_disabled, via, route};
    return {channel.channel, DeliveryState::planned, Reason::none, via, route, opens};
}

Planned silent(const Subscriber& channel, Reason why, Via via, RouteId route = {}) {
    return {channel.channel, DeliveryState::not_sent, why, via, route};
}

// A channel that `via` leads to the event.
Planned led(const News& news, const Subscriber& channel, bool knows, Via via, const Route* route) {
    const auto id = route == nullptr ? RouteId{} : route->id;
    const auto& wanted = route == nullptr || route->match.events.empty() ? channel.events : route->match.events;
    if (news.of_incident && !knows) {
        if (event_kind(news.kind) == EventKind::incident_resolved) return silent(channel, Reason::not_told, via, id);
        if (may_open(news) && has(wanted, kOpening)) return told(channel, via, id, true);
    }
    return has(wanted, news.kind) ? told(channel, via, id, !knows && may_open(news)) : silent(channel, Reason::not_subscribed, via, id);
}

}  // namespace

Planner::Planner(std::vector<Subscriber> channels, std::vector<Route> routes, std::unordered_map<SiteId, RouteOverride> overrides)
    : channels_(std::move(channels)), routes_(std::move(routes)), overrides_(std::move(overrides)) {
    for (const auto& route : routes_) routed_.insert(route.channels.begin(), route.channels.end());
}

Planned Planner::outcome(const News& news, const Subscriber& channel, const std::vector<const Route*>& deciding, const RouteOverride* site,
                         const Known* known) const {
    const auto id = channel.channel;
    if (news.failing == id) return silent(channel, Reason::not_subscribed, Via::subscription);
    if (site != nullptr && has(site->muted, id)) return silent(channel, Reason::muted, Via::site);
    if (stands_in(id, news)) return told(channel, Via::fallback);
    const bool knows = known != nullptr;
    if (news.brought && has(news.brought->channels, id)) {
        if (event_kind(news.kind) == EventKind::incident_escalated) return told(channel, Via::escalation, {}, !knows);
        if (knows) return told(channel, Via::follow_up);
    }
    // The end of an incident is for whoever knows of it, before any rule; without rules, for whoever subscribed to it.
    const bool by_rules = routed_.contains(id) || site != nullptr || (knows && known->led);
    if (by_rules && knows && event_kind(news.kind) == EventKind::incident_resolved) return told(channel, Via::follow_up);
    if (site != nullptr && (has(site->added, id) || (site->replaced && has(*site->replaced, id)))) {
        return led(news, channel, knows, Via::site, nullptr);
    }
    Reason silence = Reason::not_routed;
    Via via = Via::route;
    if (site != nullptr && site->replaced) {
        silence = Reason::replaced;
        via = Via::site;
    } else {
        for (const auto* route : deciding) {
            if (has(route->channels, id)) return led(news, channel, knows, Via::route, route);
        }
        if (!routed_.contains(id)) {
            return has(channel.events, news.kind) ? told(channel, Via::subscription) : silent(channel, Reason::not_subscribed, Via::subscription);
        }
    }
    if (knows && has(channel.events, news.kind)) return told(channel, Via::follow_up);
    return silent(channel, silence, via);
}

bool Planner::stands_in(ChannelId channel, const News& news) const {
    if (!news.failing) return false;
    const auto failing = std::find_if(channels_.begin(), channels_.end(), [&](const Subscriber& one) { return one.channel == *news.failing; });
    return failing != channels_.end() && failing->fallback == channel;
}

std::vector<Planned> Planner::plan(const News& news, const KnownBy& known) const {
    const bool explain = explains_silence(event_kind(news.kind));
    const auto met = deciding(news, routes_);
    const auto found = news.site ? overrides_.find(*news.site) : overrides_.end();
    const auto* site = found == overrides_.end() ? nullptr : &found->second;
    std::vector<Planned> planned;
    std::size_t silent = 0;
    for (const auto& channel : channels_) {
        const auto knows = known.find(channel.channel);
        const auto one = outcome(news, channel, met, site, knows == known.end() ? nullptr : &knows->second);
        if (one.state == DeliveryState::planned) {
            planned.push_back(one);
        } else if (explain && silent < kMaxNotSentOfEvent) {
            planned.push_back(one);
            ++silent;
        }
    }
    return planned;
}

std::vector<Beginning> Planner::beginnings(const News& news) const {
    std::vector<Beginning> all;
    if (!may_open(news)) return all;
    const auto add = [&all](const auto& rule, std::int64_t id, RouteId route, bool escalates, bool reminds) {
        if (escalates && rule.escalates) {
            const auto source = rule.escalates->escalation.value();
            const bool there = std::any_of(all.begin(), all.end(), [&](const Beginning& one) { return one.kind == CourseKind::escalation && one.source == source; });
            if (!there) all.push_back({CourseKind::escalation, source, route, rule.escalates->first, false});
        }
        if (reminds && rule.reminders) all.push_back({CourseKind::reminder, id, route, rule.reminders->every, rule.reminders->while_acknowledged});
    };
    const auto found = news.site ? overrides_.find(*news.site) : overrides_.end();
    const auto* site = found == overrides_.end() ? nullptr : &found->second;
    if (site != nullptr) add(*site, site->id.value(), {}, true, true);
    for (const auto* route : deciding(news, routes_)) {
        add(*route, route->id.value(), route->id, site == nullptr || !site->escalates, site == nullptr || !site->reminders);
    }
    return all;
}

void note(const News& news, const Planned& planned, KnownBy& known) {
    if (!news.of_incident || (planned.state != DeliveryState::planned && !planned.digest)) return;
    const auto kind = event_kind(news.kind);
    if (planned.opens || kind == EventKind::incident_opened || kind == EventKind::incident_reopened) {
        auto& one = known[planned.channel];
        one.led |= planned.via != Via::subscription;
        one.digest = planned.digest;
    } else if (planned.via == Via::escalation) {
        known[planned.channel].led = true;
    }
}

}  // namespace sonde::notifier

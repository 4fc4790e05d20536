// Who hears of an event, and why. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lib/base/id.h"
#include "notifier/core/course.h"
#include "notifier/core/delivery.h"
#include "notifier/core/route.h"

namespace sonde::notifier {

// What planning needs of a channel that exists.
struct Subscriber {
    ChannelId channel;
    bool enabled = true;
    std::vector<std::string> events;  // names of the kinds it wants
    std::optional<ChannelId> fallback{};  // that is told of what it could not be told
};

// One row of the ledger to be.
struct Planned {
    ChannelId channel;
    DeliveryState state = DeliveryState::planned;  // planned or not_sent
    Reason reason = Reason::none;                  // of not_sent
    Via via = Via::subscription;
    RouteId route{};     // if via is `route`
    bool opens = false;  // the first that a channel hears of an incident that others led it to
    DigestId digest{};   // that tells it, if the reason is `grouped`
    friend bool operator==(const Planned&, const Planned&) = default;
};

// Of a channel that heard of an incident's opening, and not of its end since.
struct Known {
    bool led = false;  // by a route, a site or a step, not by its subscription alone
    DigestId digest{};  // that told it of the opening; 0: it heard of that by itself
};
using KnownBy = std::map<ChannelId, Known>;

// Beyond so many channels that are not told of an event, the ledger does not keep why each is not.
inline constexpr std::size_t kMaxNotSentOfEvent = 100;

// Rules as they are at one time. Immutable.
class Planner {
public:
    // Enabled routes, in their order.
    Planner(std::vector<Subscriber> channels, std::vector<Route> routes, std::unordered_map<SiteId, RouteOverride> overrides);

    // In the order of the channels: what each hears of `news`, and, where silence is explained (notifier/core/event.h), why the others do not. `known` are
    // the channels that know of its incident already.
    //
    // * What the site mutes hears nothing. Then it counts what the site puts in place of routes or adds; then the first deciding route that names
    //   the channel. One that no route names at all hears what it subscribed to.
    // * A route that names events sends these; any other, and the site, what the channel subscribed to.
    // * A channel that was led to an incident is told of its end whatever the rules are by then, and of what it subscribed to meanwhile. One that was
    //   not is not told of its end; where a later change leads it there, that change is its opening.
    // * What a channel could not be told is told to its fallback, and to who asks for that, but never to the channel itself.
    // * A step of an escalation is for the channels it names, whatever the rules are; where one does not know of the incident, that is its opening. A
    //   reminder is for those that it names and that know of the incident. Both are also for whoever hears of them as of any other event.
    // * A disabled channel that would hear nothing anyway has that as its reason, not that it is disabled.
    [[nodiscard]] std::vector<Planned> plan(const News& news, const KnownBy& known = {}) const;

    // What starts with `news` by the rules that it meets: an escalation once, whoever leads to it; what the site has, in place of the routes'.
    [[nodiscard]] std::vector<Beginning> beginnings(const News& news) const;

private:
    [[nodiscard]] Planned outcome(const News& news, const Subscriber& channel, const std::vector<const Route*>& deciding,
                                  const RouteOverride* site, const Known* known) const;
    [[nodiscard]] bool stands_in(ChannelId channel, const News& news) const;

    std::vector<Subscriber> channels_;
    std::vector<Route> routes_;
    std::unordered_map<SiteId, RouteOverride> overrides_;
    std::unordered_set<ChannelId> routed_;  // that any route names
};

// Puts into `known` what follows from an event's delivery; after an incident.resolved nobody knows of it any more, which is the caller's to do.
void note(const News& news, const Planned& planned, KnownBy& known);

}  // namespace sonde::notifier

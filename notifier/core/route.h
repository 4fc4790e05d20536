// Which rules an event meets. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/routing_id.h"

namespace sonde::notifier {

inline constexpr std::string_view kOpening = "incident.opened";

// Of an event that time made (notifier/core/course.h): which course brought it, and to whom it is addressed.
struct Brought {
    std::int64_t source = 0;
    int number = 0;                      // of its course's, from 1
    std::optional<milliseconds> next{};  // until the next; nothing if it was the last
    std::vector<ChannelId> channels{};
};

// What rules know of an event.
struct News {
    std::string kind;
    bool of_incident = false;
    std::optional<SiteId> site{};
    std::string severity{};  // of the incident; empty where there is none
    std::vector<std::string> tags{};
    std::vector<std::string> regions{};
    std::optional<ChannelId> failing{};  // of delivery.dead: the channel that was not told
    bool acknowledged = false;  // the incident is
    std::optional<Brought> brought{};
};

// An empty list is met by any event, else one of its values must be the event's. So what has no severity, site, tag or region meets
// no rule that asks for one.
struct Match {
    std::vector<std::string> severities{};
    std::vector<std::string> tags{};
    std::vector<std::string> events{};
    std::vector<std::string> regions{};
    std::vector<SiteId> sites{};
};

// An escalation that an incident starts, and when its first step is due.
struct Escalates {
    EscalationId escalation;
    milliseconds first{0};
};

// That an incident is not over is told again and again.
struct Reminders {
    milliseconds every{0};
    int at_most = 1;
    bool while_acknowledged = false;
};

struct Route {
    RouteId id;
    Match match{};
    std::vector<ChannelId> channels{};  // may be none: what meets it goes nowhere
    bool proceed = false;             // the rules after it are asked too
    std::optional<Escalates> escalates{};
    std::optional<Reminders> reminders{};
};

// What is otherwise for one site.
struct RouteOverride {
    std::vector<ChannelId> added{};
    std::vector<ChannelId> muted{};                    // counts before all else
    std::optional<std::vector<ChannelId>> replaced{};  // these alone, and those that are added
    RouteOverrideId id{};
    std::optional<Escalates> escalates{};  // in place of the routes', and so are its reminders
    std::optional<Reminders> reminders{};
};

// Whether it may be the first that a channel hears of an incident: its opening, or a change by which rules are met that were not before.
bool may_open(const News& news);

// A rule for openings is met by whatever may be one.
bool meets(const News& news, const Match& match);

// Those of `routes`, in their order, that decide: each that is met, up to the first that does not proceed.
std::vector<const Route*> deciding(const News& news, const std::vector<Route>& routes);

}  // namespace sonde::notifier

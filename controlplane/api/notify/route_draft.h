// What people set of routes and of sites' overrides: their reading and their documents. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/api/notify/escalation_draft.h"
#include "lib/base/routing_id.h"
#include "lib/decision/definition.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct RouteMatch {
    std::vector<std::string> severities;
    std::vector<std::string> tags;
    std::vector<std::string> events;
    std::vector<std::string> regions;
    std::vector<SiteId> sites;
    friend bool operator==(const RouteMatch&, const RouteMatch&) = default;
};

struct RouteDraft {
    std::string name;
    int position = 100;
    bool enabled = true;
    RouteMatch match;
    std::vector<ChannelId> channels;
    bool proceed = false;
    std::optional<EscalationId> escalation;
    std::optional<RemindersDraft> reminders;
    friend bool operator==(const RouteDraft&, const RouteDraft&) = default;
};

struct RouteOverrideDraft {
    SiteId site;
    std::vector<ChannelId> added;
    std::vector<ChannelId> muted;
    std::optional<std::vector<ChannelId>> replaced;
    std::optional<EscalationId> escalation;   // in place of the routes'
    std::optional<RemindersDraft> reminders;  // likewise
    friend bool operator==(const RouteOverrideDraft&, const RouteOverrideDraft&) = default;
};

// Whether sites, channels and escalations exist is not asked here.
RouteDraft read_route(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_route(const RouteDraft& draft);
RouteOverrideDraft read_route_override(const Json& document, const std::string& pointer, json::Problems& problems);
Json write_route_override(const RouteOverrideDraft& draft);

}  // namespace sonde::controlplane

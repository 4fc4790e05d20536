// What people set of a channel: its reading, its defaults, its canonical document. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/channel/flow.h"
#include "lib/channel/templates.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

// What a channel may ask for, as in schema/messages/event.schema.json.
inline constexpr std::array<std::string_view, 36> kChannelEvents{
    "incident.opened",    "incident.updated",  "incident.acknowledged", "incident.unacknowledged",
    "incident.commented", "incident.resolved", "advisory.opened",       "advisory.closed",
    "monitor.changed",    "coverage.lost",     "coverage.restored",
    "incident.severity_changed", "incident.assigned", "incident.reopened", "incident.update_published", "incident.update_edited",
    "incident.update_deleted",   "incident.postmortem_published",
    "advisory.changed",   "advisory.acknowledged", "advisory.muted",    "region.quarantined", "region.released",
    "monitor.flapping_began", "monitor.flapping_ended", "maintenance.started", "maintenance.ended", "group.changed",
    "certificate.expiring", "domain.expiring", "coverage.missed", "coverage.resumed", "drill.failed", "delivery.dead", "incident.escalated", "incident.reminder"};

// What may have words of its own: these, and what the notifier makes itself.
inline constexpr std::array<std::string_view, kChannelEvents.size() + 2> kWordedEvents = [] {
    std::array<std::string_view, kChannelEvents.size() + 2> all{};
    std::copy(kChannelEvents.begin(), kChannelEvents.end(), all.begin());
    all[kChannelEvents.size()] = "channel.digest";
    all[kChannelEvents.size() + 1] = "channel.test";
    return all;
}();

struct ChannelDraft {
    std::string kind = "webhook";
    std::string name;
    Json config = Json::object();  // as the declaration of the kind has it (lib/channel)
    std::vector<std::string> events{"incident.opened", "incident.acknowledged", "incident.resolved", "incident.reopened"};
    bool enabled = true;
    channel::Flow flow;
    channel::Templates templates;
    std::optional<ChannelId> fallback;  // that is told of what this one could not be told
    friend bool operator==(const ChannelDraft&, const ChannelDraft&) = default;
};

struct ChannelInput {
    ChannelDraft draft;
    Json secrets;  // as given, each right for itself; a null in it is no value. Null if none are given
};

ChannelInput read_channel(const Json& document, const std::string& pointer, json::Problems& problems);

// The canonical document, without secrets: `read_channel` reads it back equal.
Json write_channel(const ChannelDraft& draft);

// All secrets of a channel, of which `made` were made here: they are to be shown once.
struct ChannelSecrets {
    Json all = Json::object();
    Json made = Json::object();
    [[nodiscard]] std::vector<std::string> names() const;
};

// `before` with what was given: a null takes a secret away, and a signing key that there is not is made. What is required and missing is a problem.
ChannelSecrets merge_secrets(std::string_view kind, const Json& before, const Json& given, json::Problems& problems);

}  // namespace sonde::controlplane

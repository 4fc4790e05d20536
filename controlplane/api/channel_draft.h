// What people set of a channel: its reading, its defaults, its canonical document. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/secret.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

// What a channel may ask for, as in schema/messages/event.schema.json.
inline constexpr std::array<std::string_view, 32> kChannelEvents{
    "incident.opened",    "incident.updated",  "incident.acknowledged", "incident.unacknowledged",
    "incident.commented", "incident.resolved", "advisory.opened",       "advisory.closed",
    "monitor.changed",    "coverage.lost",     "coverage.restored",
    "incident.severity_changed", "incident.assigned", "incident.reopened", "incident.update_published", "incident.update_edited",
    "incident.update_deleted",   "incident.postmortem_published",
    "advisory.changed",   "advisory.acknowledged", "advisory.muted",    "region.quarantined", "region.released",
    "monitor.flapping_began", "monitor.flapping_ended", "maintenance.started", "maintenance.ended", "group.changed",
    "certificate.expiring", "domain.expiring", "coverage.missed", "coverage.resumed"};

struct ChannelDraft {
    std::string name;
    std::string url;
    std::vector<std::string> events{"incident.opened", "incident.acknowledged", "incident.resolved", "incident.reopened"};
    bool enabled = true;
    friend bool operator==(const ChannelDraft&, const ChannelDraft&) = default;
};

// The secrets of a request, which are written and never read.
struct ChannelSecrets {
    bool given = false;                 // there is a field `secrets`
    std::optional<Secret> signing_key;  // absent or null: one is to be made
};

struct ChannelInput {
    ChannelDraft draft;
    ChannelSecrets secrets;
};

ChannelInput read_channel(const Json& document, const std::string& pointer, json::Problems& problems);

// The canonical document, without secrets: `read_channel` reads it back equal.
Json write_channel(const ChannelDraft& draft);

// `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it.
bool is_signing_key(std::string_view text);
Secret new_signing_key();

}  // namespace sonde::controlplane

// The event that tells a digest. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/instant.h"
#include "lib/base/routing_id.h"
#include "lib/json/json.h"
#include "notifier/core/grouping.h"

namespace sonde::notifier {

// An incident of a digest, as it is now.
struct DigestIncident {
    IncidentId id;
    std::string title;
    std::string severity;
    bool resolved = false;
    bool opened_here = false;  // the digest has its opening, too
    Json opened_at, resolved_at, site;  // as in the incident's own events
};

// What belongs to no incident, in one line.
struct DigestOther {
    EventId event;
    std::string kind;
    std::string title;
};

struct DigestContent {
    DigestId id;
    ChannelId channel;
    std::string channel_name;
    DigestCause cause = DigestCause::storm;
    TimePoint began;
    std::vector<DigestIncident> incidents;
    std::vector<DigestOther> others;
};

// Of those that are open: critical, major, minor; empty if none is.
std::string worst_severity(const DigestContent& content);
bool all_over(const DigestContent& content);
// Nobody needs to hear of it any more, if nobody has heard of it yet.
bool never_mind(const DigestContent& content);

// `digest` of the document: what is open comes first, the worst first, and what opened last first.
Json digest_part(const DigestContent& content);
// A document of schema/messages/event.schema.json.
Json digest_event(EventId id, TimePoint at, const DigestContent& content);

}  // namespace sonde::notifier

// An event of the outbox as it is told to those who listen to /v1/events.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/http/event.h"

namespace sonde::events {

// The order in which events are told, the same for every control plane: by the transaction that wrote them, then by their number.
struct Position {
    std::int64_t transaction = 0;
    EventId id;
    friend auto operator<=>(const Position&, const Position&) = default;
};

struct Event {
    Position at;
    std::string kind;
    std::optional<SiteId> site;
    std::vector<std::string> site_tags;  // that the site has now
    std::optional<IncidentId> incident;
    std::vector<MonitorId> monitors;  // that it is about, or that its incident has
    std::vector<std::string> tags;
    std::vector<std::string> regions;
    std::string document;  // JSON on one line
    http::Frame frame;  // the same as a message, encoded once for all
};

}  // namespace sonde::events

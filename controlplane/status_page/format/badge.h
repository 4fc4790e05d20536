// Small pictures of one fact, to be put into other pages and READMEs. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::format {

struct Badge {
    std::string label;    // whose
    std::string message;  // what
    std::string colour;   // #rrggbb
};

// Of the whole page.
Badge state_badge(const Snapshot& page);
Badge state_badge(const Snapshot& page, const Component& component);
// Of the days that the page shows; nothing if nothing was counted, or the page does not show uptime.
std::optional<Badge> uptime_badge(const Snapshot& page, const Component& component);
// Half of the responses of the last 24 hours were within so much, from the quickest region to the slowest. Nothing if the page shows none.
std::optional<Badge> latency_badge(const Snapshot& page, const Component& component);

// Says what it shows to who cannot see it; loads nothing, has neither scripts nor styles.
std::string badge_svg(const Badge& badge);
// The endpoint of shields.io, https://shields.io/badges/endpoint-badge.
std::string badge_json(const Badge& badge);

// By its place under `badge/`: `state.svg`, `state.json`, `api/state.svg`, `api/uptime.json`, `api/response-time.svg`. Nothing for any other, and for what the page has not.
std::optional<std::string> badge(const Snapshot& page, std::string_view place);

}  // namespace sonde::status_page::format

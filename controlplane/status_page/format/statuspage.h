// The page as Atlassian Statuspage tells it (`/api/v2/…`), for what reads status pages of that make. Pure; `base` is the page's absolute address, which ends with `/`.
//
// What Statuspage has no word for: `unknown` is told as `degraded_performance`, for what is not seen cannot be called operational. Groups have identifiers of their place (`group-1`).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::format {

// By its name under `api/v2/`: `summary.json`, `status.json`, `components.json`, `incidents.json`, `incidents/unresolved.json`, `scheduled-maintenances.json`,
// `scheduled-maintenances/upcoming.json`, `scheduled-maintenances/active.json`. Nothing for any other.
std::optional<std::string> statuspage(const Snapshot& page, std::string_view base, std::string_view name);

}  // namespace sonde::status_page::format

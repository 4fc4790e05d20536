// /v1/monitors, one and many.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/api/monitor/monitor_draft.h"

namespace sonde::controlplane {

// Those it is checked from, and those its policy names.
std::vector<std::string> regions_named(const MonitorDraft& draft);

// Adds a problem for each region that there is not; `pointer` is that of the monitor's document.
void check_regions(const std::vector<std::string>& missing, const MonitorDraft& draft, const std::string& pointer,
                   json::Problems& problems);

}  // namespace sonde::controlplane

namespace sonde::controlplane::monitor_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::monitor_api

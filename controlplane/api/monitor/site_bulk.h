// /v1/sites/bulk: many sites, new ones with their monitors, in one transaction: all or none or each by itself.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::site_bulk_api {

inline constexpr std::size_t kMaxBulkMonitors = 50'000;
inline constexpr std::size_t kMaxMonitorsOfBulkSite = 1'000;

Endpoints endpoints();

}  // namespace sonde::controlplane::site_bulk_api

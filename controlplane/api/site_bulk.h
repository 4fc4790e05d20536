// POST /v1/sites/bulk: many sites with their monitors in one transaction, all or none.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

inline constexpr std::size_t kMaxBulkSites = 10'000;
inline constexpr std::size_t kMaxBulkMonitors = 50'000;
inline constexpr std::size_t kMaxMonitorsOfBulkSite = 1'000;

http::Response create_sites_in_bulk(Backend& backend, const Call& call);

}  // namespace sonde::controlplane

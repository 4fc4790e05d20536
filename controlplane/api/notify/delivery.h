// Deliveries with their attempts, as they stand below incidents and channels.
#pragma once

#include "controlplane/api/endpoint/page.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

// One page, newest first. `condition` is SQL over `d` (delivery) with one `?`, which is `value`.
http::Response list_deliveries(db::Tx& tx, const http::Request& request, const Page& page, std::string_view condition,
                               std::int64_t value);

// All of these events, in the order in which they were planned.
std::vector<Json> deliveries_of_events(db::Tx& tx, const std::vector<std::int64_t>& events);

// All of one incident, oldest first, at most `limit`.
Json deliveries_of_incident(db::Tx& tx, IncidentId incident, int limit);

}  // namespace sonde::controlplane

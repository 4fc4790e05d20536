// /v1/monitors/{monitor_id}/results and /decisions: what was seen, and what was made of it.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane {

// One row of `select id, at, slot, kind, from_state, to_state, reason, incident_id, votes, monitor_id from decision`.
Json present_decision(const db::Row& row);

}  // namespace sonde::controlplane

namespace sonde::controlplane::result_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::result_api

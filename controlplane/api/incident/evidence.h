// /v1/incidents/{incident_id}/evidence and /v1/monitors/{monitor_id}/evidence: all that was seen of checks that failed, and of those that
// passed at the time.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::evidence_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::evidence_api

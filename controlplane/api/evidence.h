// /v1/incidents/{incident_id}/evidence and /v1/monitors/{monitor_id}/evidence: all that was seen of checks that failed, and of those that
// passed at the time.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints evidence_endpoints();

}  // namespace sonde::controlplane

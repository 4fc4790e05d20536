// /v1/incidents: reading them, and asking the engine to change them.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints incident_endpoints();

}  // namespace sonde::controlplane

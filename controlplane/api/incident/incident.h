// /v1/incidents: reading them, and asking the engine to change them.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::incident_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::incident_api

// What people do to incidents: each goes to the incident engine and is answered when it is done.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::incident_action_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::incident_action_api

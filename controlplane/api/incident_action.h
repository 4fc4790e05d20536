// What people do to incidents: each goes to the incident engine and is answered when it is done.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints incident_action_endpoints();

}  // namespace sonde::controlplane

// /v1/escalations: who is told next of an incident that nobody has acknowledged.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::escalation_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::escalation_api

// /v1/agents: who runs checks, as they say themselves.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints agent_endpoints();

}  // namespace sonde::controlplane

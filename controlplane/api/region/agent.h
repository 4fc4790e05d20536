// /v1/agents: who runs checks, as they say themselves, and who of them is admitted to the bus.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::agent_api {

// 1 to 64 of letters, digits, -, _ and .
bool is_agent_name(std::string_view name);

Endpoints endpoints();

}  // namespace sonde::controlplane::agent_api

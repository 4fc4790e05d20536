// /v1/dependencies: who depends on whom.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints dependency_endpoints();

}  // namespace sonde::controlplane

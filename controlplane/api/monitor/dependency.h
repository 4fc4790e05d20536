// /v1/dependencies: who depends on whom.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::dependency_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::dependency_api

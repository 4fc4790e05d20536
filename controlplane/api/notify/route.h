// /v1/routes: which channels hear of what.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::route_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::route_api

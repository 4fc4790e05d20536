// /v1/route-overrides: what is otherwise for one site.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::route_override_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::route_override_api

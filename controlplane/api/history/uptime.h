// /v1/monitors/{id}/uptime and /v1/sites/{id}/uptime: time in states, and what it comes to.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::uptime_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::uptime_api

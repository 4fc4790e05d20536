// /v1/monitors/{id}/rollups: hours and days of a monitor.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::rollup_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::rollup_api

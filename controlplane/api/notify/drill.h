// /v1/drills: whether a page gets through, tried out.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::drill_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::drill_api

// /v1/advisories: failures seen by fewer regions than would page.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::advisory_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::advisory_api

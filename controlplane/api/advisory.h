// /v1/advisories: failures seen by fewer regions than would page.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints advisory_endpoints();

}  // namespace sonde::controlplane

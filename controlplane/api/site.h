// /v1/sites, one and many.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints site_endpoints();

}  // namespace sonde::controlplane

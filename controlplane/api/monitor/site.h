// /v1/sites, one and many.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::site_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::site_api

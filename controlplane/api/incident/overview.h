// GET /v1/overview: what is wrong now, on one page, with links to the lists that have the rest.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::overview_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::overview_api

// GET /v1/audit: who did what.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::audit_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::audit_api

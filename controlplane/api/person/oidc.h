// Logging in by an OpenID provider: there, and back with a code.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::oidc_api {

Endpoints open_endpoints();

}  // namespace sonde::controlplane::oidc_api

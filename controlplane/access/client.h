// /v1/clients: programs that call the API.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::client_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::client_api

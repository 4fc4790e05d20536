// What is not told, and because of what: /v1/suppressions, and an incident's blast radius.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::suppression_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::suppression_api

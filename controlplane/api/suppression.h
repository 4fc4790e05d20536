// What is not told, and because of what: /v1/suppressions, and an incident's blast radius.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints suppression_endpoints();

}  // namespace sonde::controlplane

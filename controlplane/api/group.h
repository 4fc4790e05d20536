// /v1/groups: k of n monitors.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints group_endpoints();

}  // namespace sonde::controlplane

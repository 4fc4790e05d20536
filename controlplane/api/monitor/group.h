// /v1/groups: k of n monitors.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::group_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::group_api

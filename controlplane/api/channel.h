// /v1/channels: where notifications go.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints channel_endpoints();

}  // namespace sonde::controlplane

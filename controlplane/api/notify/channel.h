// /v1/channels: where notifications go.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::channel_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::channel_api

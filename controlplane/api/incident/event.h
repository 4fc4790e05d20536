// Events as they happen, as server-sent events.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::event_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::event_api

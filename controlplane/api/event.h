// Events as they happen, as server-sent events.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints event_endpoints();

}  // namespace sonde::controlplane

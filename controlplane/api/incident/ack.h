// The page that a message's link leads to, by which whoever was told of an incident acknowledges it, once (docs/notifications.md).
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::ack_api {

// Whoever has the link needs nothing else. To look changes nothing: programs look at links before people do.
Endpoints open_endpoints();

}  // namespace sonde::controlplane::ack_api

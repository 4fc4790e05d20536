// Who subscribed to status pages.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane::subscriber_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::subscriber_api

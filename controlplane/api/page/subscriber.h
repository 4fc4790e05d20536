// Who subscribed to status pages.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::subscriber_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::subscriber_api

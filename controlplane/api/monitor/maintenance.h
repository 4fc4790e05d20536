// /v1/maintenance: maintenance windows, their occurrences, and ends given by hand.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::maintenance_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::maintenance_api

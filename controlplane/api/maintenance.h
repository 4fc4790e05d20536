// /v1/maintenance: maintenance windows, their occurrences, and ends given by hand.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints maintenance_endpoints();

}  // namespace sonde::controlplane

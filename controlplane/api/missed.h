// /v1/ledger/missed: which monitors the slots were of that nobody executed.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints missed_endpoints();

}  // namespace sonde::controlplane

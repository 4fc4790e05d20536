// /v1/ledger/missed: which monitors the slots were of that nobody executed.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::missed_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::missed_api

// /v1/ledger: what became of the slots, by minute and region.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::ledger_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::ledger_api

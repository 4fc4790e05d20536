// /v1/monitors/bulk: many monitors in one transaction, all or none or each by itself.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::monitor_bulk_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::monitor_bulk_api

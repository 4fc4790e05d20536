// /v1/schedules/{schedule_id}/overrides: who takes over for a while.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::schedule_override_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::schedule_override_api

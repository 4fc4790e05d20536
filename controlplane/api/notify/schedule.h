// /v1/schedules: who is on call, turn by turn.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::schedule_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::schedule_api

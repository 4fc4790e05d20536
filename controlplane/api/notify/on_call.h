// /v1/on-call, /v1/schedules/{schedule_id}/on-call: who is on call now, and when who is.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::on_call_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::on_call_api

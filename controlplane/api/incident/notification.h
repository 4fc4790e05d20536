// Who was told of an incident, event by event, who was not, and why.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "lib/db/db.h"

namespace sonde::controlplane::notification_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::notification_api

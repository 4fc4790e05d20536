// What people wrote about incidents: public updates and postmortems.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::incident_writing_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::incident_writing_api

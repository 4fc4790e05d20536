// What people wrote about incidents: public updates and postmortems.
#pragma once

#include "controlplane/api/endpoint.h"

namespace sonde::controlplane {

Endpoints incident_writing_endpoints();

}  // namespace sonde::controlplane

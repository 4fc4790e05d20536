// What everybody who has logged in may do with himself.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::me_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::me_api

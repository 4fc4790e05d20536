// Who a user is at the OpenID provider, as an administrator sees and sets it.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::user_identity_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::user_identity_api

// /v1/roles and /v1/permissions.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane {

// Throws 403 unless the caller has all of what he would give: `what` is to have them ("the role").
void check_may_give(const Call& call, Permissions permissions, std::string_view what);

}  // namespace sonde::controlplane

namespace sonde::controlplane::role_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::role_api

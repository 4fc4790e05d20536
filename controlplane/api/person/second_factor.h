// Codes beside the password: one's own, and those that an administrator takes from somebody.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::second_factor_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::second_factor_api

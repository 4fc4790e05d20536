// /v1/settings: what holds for the whole installation.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::settings_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::settings_api

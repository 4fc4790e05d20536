// POST /v1/apply and GET /v1/export: resources as files have them (docs/config-as-code.md, ADR 19).
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::apply_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::apply_api

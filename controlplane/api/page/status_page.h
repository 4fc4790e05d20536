// Status pages: what the public is shown, and who of it.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::status_page_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::status_page_api

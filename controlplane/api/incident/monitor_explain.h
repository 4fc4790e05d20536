// What was known of a monitor at an instant, by which votes and rule, and why nobody was paged.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::monitor_explain_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::monitor_explain_api

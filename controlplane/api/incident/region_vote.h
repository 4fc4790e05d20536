// What the vote of one region is worth to a monitor, or to all monitors of a site, in one call.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::region_vote_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::region_vote_api

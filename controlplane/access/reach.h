// What restricted callers may ask for at all.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane {

// Whether an operation is about sites and what belongs to them, so that it can be asked about some of them alone. The others are about the whole
// installation and are refused to restricted callers. Pure.
bool is_about_sites(const Endpoint& endpoint);

}  // namespace sonde::controlplane

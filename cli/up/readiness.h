// Whether a service says it is ready.
#pragma once

#include <string>

namespace sonde::cli::up {

// GET /readyz on 127.0.0.1. Empty if it answers 200; else why not: `bus: not connected`, or that nothing answered. At most two seconds.
std::string not_ready(int port);

}  // namespace sonde::cli::up

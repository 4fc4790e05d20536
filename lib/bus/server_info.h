// What a nats-server says of itself to whoever connects, before anything else. NATS.c reads it too, but keeps it to itself.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/instant.h"

namespace sonde::bus {

// The version of the server at `host:port`, as `2.9.10`; empty if it could not be found out in time. Blocking.
std::string server_version(std::string_view host_and_port, milliseconds deadline);

// True if `version` is a dotted number less than `than`. An empty or odd one is not known to be older.
bool is_older(std::string_view version, std::string_view than);

}  // namespace sonde::bus

// The `host` of kinds that name one.
#pragma once

#include <string>

#include "lib/json/reader.h"

namespace sonde::check {

// Reads a name or an address without brackets into `host`; what can be neither is refused.
void read_host(json::Reader& in, std::string& host);

}  // namespace sonde::check

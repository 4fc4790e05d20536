// Host names and addresses in specs.
#pragma once

#include <string>
#include <string_view>

#include "lib/json/reader.h"

namespace sonde::check {

// A name or an address, without brackets, in the form in which URLs have it: lower case, international names as `xn--…`. Leaves the
// target alone and adds a problem for what is neither.
bool read_host(json::Reader& in, std::string_view field, std::string& target);

// As `read_host`, but the empty text is taken, and leaves the target alone.
void read_server_name(json::Reader& in, std::string_view field, std::string& target);

}  // namespace sonde::check

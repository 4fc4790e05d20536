// Documents packed for the way (RFC 1952).
#pragma once

#include <string>
#include <string_view>

namespace sonde::status_page::serve {

// The same text always gives the same bytes. Throws std::runtime_error without memory.
std::string gzip(std::string_view text);

}  // namespace sonde::status_page::serve

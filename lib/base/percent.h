// Percent-encoding.
#pragma once

#include <string>
#include <string_view>

namespace sonde {

// Of `text` the unreserved characters of RFC 3986 (section 2.3) stay, and those in `kept`; every other byte becomes %XX. Without `kept` it is a value of
// `application/x-www-form-urlencoded` as well.
std::string percent_encoded(std::string_view text, std::string_view kept = {});

}  // namespace sonde

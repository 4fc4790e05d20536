// Where a check goes first.
#pragma once

#include <string>

namespace sonde::check {

struct Endpoint {
    std::string host;  // a name, or an address without brackets
    int port = 0;      // 0 where the kind has none
};

}  // namespace sonde::check

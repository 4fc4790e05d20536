// What a TLS check saw besides the certificates.
#pragma once

#include <string>

#include "lib/json/json.h"

namespace sonde::check {

// There if the handshake was over.
struct HandshakeFacts {
    static constexpr const char* name = "handshake";

    std::string server_name;  // that was asked for
    std::string greeting;     // the first line in clear, of protocols that have one
};

Json write(const HandshakeFacts& facts, bool full);

}  // namespace sonde::check

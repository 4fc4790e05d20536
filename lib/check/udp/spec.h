// What a UDP monitor asks.
#pragma once

#include <optional>
#include <string>

#include "lib/base/instant.h"
#include "lib/check/endpoint.h"
#include "lib/json/reader.h"
#include "lib/regex/pattern.h"

namespace sonde::check {

struct UdpSpec {
    std::string host;  // a name or an address without brackets
    int port = 0;      // 1 to 65535

    // The datagram, at most 4096 bytes: as text, or in hexadecimal digits; not both. Empty: an empty datagram.
    std::string send;
    std::string send_hex;

    // What the answer must be; all that is not empty must hold. If nothing is asked, silence is well.
    std::string expect;          // is contained in it
    std::string expect_hex;      // likewise, in hexadecimal digits
    std::string expect_matches;  // is found in it
    std::optional<regex::Pattern> pattern;  // of `expect_matches`

    int retries = 2;          // 0 to 10; how often the datagram is sent again
    milliseconds wait{1000};  // 50 ms to 10 s, for an answer to each

    [[nodiscard]] bool expects() const { return !expect.empty() || !expect_hex.empty() || !expect_matches.empty(); }
};

// As `read_spec`, `write_spec` and `endpoint_of`.
void read(UdpSpec& spec, json::Reader& in, json::Problems& problems);
Json write(const UdpSpec& spec);
Endpoint endpoint(const UdpSpec& spec);

}  // namespace sonde::check

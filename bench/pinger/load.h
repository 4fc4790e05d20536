// Pings over connections that stay open, from one thread: as many under way as there are connections.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/instant.h"

namespace sonde::bench {

struct PingReport {
    std::int64_t answered = 0;  // with 200
    std::int64_t refused = 0;   // with anything else
    std::int64_t lost = 0;      // the connection ended before the answer
    std::vector<std::uint32_t> latencies_us;  // of those answered with 200, in no order
    microseconds took{0};
};

struct PingLoad {
    int port = 0;                    // on 127.0.0.1
    std::vector<std::string> paths;  // taken in turn
    std::int64_t count = 0;
    int connections = 64;
};

// Sends `count` pings and waits for the last answer. Throws std::runtime_error if it cannot connect.
PingReport run(const PingLoad& load);

}  // namespace sonde::bench

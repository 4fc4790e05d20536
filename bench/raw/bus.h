// The least that messages through JetStream can cost: NATS.c alone, one connection, one stream in a file without replicas.
#pragma once

#include <string>

#include "bench/raw/cost.h"

namespace sonde::bench {

struct BusLoop {
    std::string url;
    std::string credentials_file;
    long messages = 10'000;
    int jobs = 50;               // in a message
    int job_bytes = 500;
    int unanswered = 256;        // messages under way to the stream, at most
};

// Publishes so many messages into a work queue of its own, its acknowledgements heard on an inbox; pulls them at the same time, and acknowledges each. The stream is removed
// afterwards. Blocks. Throws std::runtime_error if something is refused, or nothing moves for half a minute.
Cost run(const BusLoop& loop);

}  // namespace sonde::bench

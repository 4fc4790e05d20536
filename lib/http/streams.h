// All streams of one server: how many there may be, and how each ended. Internal to lib/http.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "lib/http/stream.h"
#include "lib/metrics/scope.h"

namespace sonde::http {

struct StreamsLimits {
    int max_streams;
    milliseconds heartbeat;  // between two signs of life of a stream without events
    milliseconds retry;      // told to each client first: how long to wait before it comes again
    milliseconds patience;   // for a client that takes nothing of what there is
};

// Thread-safe; always shared, for a stream may outlive its server. Metrics: sonde_http_streams, sonde_http_streams_ended_total{reason},
// sonde_http_stream_events_total.
class Streams : public std::enable_shared_from_this<Streams> {
public:
    Streams(StreamsLimits limits, const metrics::Scope& metrics);

    // Throws ProblemError.
    std::shared_ptr<Stream> open(StreamLimits limits);
    // Ends those there are; there will be no others.
    void stop();

    // Of its streams.
    void leave(Stream& stream, StreamEnd why);
    void count_frame() { events_.add(); }

private:
    const StreamsLimits limits_;
    metrics::Gauge& open_gauge_;
    metrics::Counter& events_;
    const Frame opening_;  // of every stream
    std::array<metrics::Counter*, EnumNames<StreamEnd>::names.size()> ended_{};

    std::mutex mutex_;  // never taken by who holds a stream's; the other way round it may be
    std::unordered_set<Stream*> open_;
    bool stopping_ = false;
};

}  // namespace sonde::http

// Every open connection and how long it has been at what it does. A guard thread cuts off those that take too long: the library
// below measures inactivity only, so that a client which sends a byte a second would stay for ever. Internal to lib/http.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "lib/base/instant.h"
#include "lib/http/event_thread.h"
#include "lib/http/stream.h"
#include "lib/metrics/scope.h"

namespace sonde::http {

struct Connection {
    enum class Phase : unsigned char { receiving, handling, sending, streaming };

    int fd = -1;
    std::string peer;
    std::string client;  // net::client_key of it
    Phase phase = Phase::receiving;
    MonotonicPoint since;                 // the beginning of the phase
    std::optional<MonotonicPoint> began;  // when the first byte of the request was seen
    std::optional<std::uint64_t> ended;   // the turn of the event thread in which the peer was first seen to have closed
    std::uint64_t bytes_before = 0;       // received on the connection before this request
    std::shared_ptr<Stream> stream;       // in the phase streaming
};

struct ConnectionLimits {
    int per_peer;  // by net::client_key
    milliseconds request_deadline;
    milliseconds idle_timeout;
};

// Thread-safe. The calls below `opened` are for a connection that is open. Metrics: sonde_http_connections,
// sonde_http_cut_total{reason=slow_request|slow_response|idle|peer_limit}; streams count their own ends.
class Connections {
public:
    // `events` must outlive it.
    Connections(ConnectionLimits limits, EventThread& events, const metrics::Scope& metrics);
    ~Connections();  // all must be closed
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    // Whether this peer may have one more; counted if not.
    bool admits(const std::string& peer);
    // `fd` must stay open until `closed`.
    Connection* opened(int fd, std::string peer);
    void closed(Connection* connection);

    void request_began(Connection& connection);  // its request line is there
    void request_whole(Connection& connection);  // a handler has it
    void response_began(Connection& connection);
    // The response is the stream's, and may take as long as it likes; its client is looked after.
    void stream_began(Connection& connection, std::shared_ptr<Stream> stream);
    void response_ended(Connection& connection);  // the next request may come

    // From now on waiting connections are cut at once. Returns when no request is being handled or answered, or false at the
    // deadline.
    bool drain(milliseconds deadline);

private:
    void guard();
    void enter(Connection& connection, Connection::Phase phase);
    void inspect(Connection& connection, MonotonicPoint now);
    void cut(Connection& connection, metrics::Counter* reason = nullptr);

    const ConnectionLimits limits_;
    EventThread& events_;
    metrics::Gauge& open_;
    metrics::Counter& slow_requests_;
    metrics::Counter& slow_responses_;
    metrics::Counter& idle_;
    metrics::Counter& over_peer_limit_;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
    std::map<std::string, int> per_peer_;
    bool draining_ = false;
    bool stopping_ = false;
    std::thread guard_;
};

}  // namespace sonde::http

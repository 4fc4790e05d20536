#include "lib/http/connections.h"

#include <fmt/format.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "lib/http/message.h"
#include "lib/net/client_key.h"

namespace sonde::http {
namespace {

constexpr metrics::Family kConnections{"sonde_http_connections", "Open HTTP connections."};
constexpr metrics::Family kCut{"sonde_http_cut_total", "HTTP connections closed by the server for taking too long or too many."};

// Sent as it is, past the library, which has not yet seen a request that it could answer.
const std::string& too_slow() {
    static const std::string text = [] {
        const auto body = problem_response(problem::request_timeout, "").body;
        return fmt::format(
            "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
            "Content-Length: {}\r\n\r\n{}",
            body.size(), body);
    }();
    return text;
}

// States of the kernel (net/tcp_states.h); the header that names them and the one with the whole tcp_info exclude each other.
constexpr unsigned kTcpClose = 7;
constexpr unsigned kTcpCloseWait = 8;

// What the kernel knows of a connection.
struct Wire {
    std::uint64_t received = 0;  // bytes, read or not: the only sign of a request line that comes byte by byte
    bool closed = false;         // the peer has closed
    bool ended = false;          // and all it sent was read
};

Wire look_at(int fd) {
    tcp_info info{};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return {};
    int unread = 0;
    const bool closed = info.tcpi_state == kTcpCloseWait || info.tcpi_state == kTcpClose;
    return {info.tcpi_bytes_received, closed, closed && ioctl(fd, FIONREAD, &unread) == 0 && unread == 0};
}

// In how many turns of the event thread a connection must have looked ended before it is closed: one may be under way, which has read the last of a
// request and not yet handed it over, however long the machine lets it wait in between.
constexpr std::uint64_t kEndedFor = 3;

}  // namespace

Connections::Connections(ConnectionLimits limits, EventThread& events, const metrics::Scope& metrics)
    : limits_(limits),
      events_(events),
      open_(metrics.gauge(kConnections)),
      slow_requests_(metrics.counter(kCut, {{"reason", "slow_request"}})),
      slow_responses_(metrics.counter(kCut, {{"reason", "slow_response"}})),
      idle_(metrics.counter(kCut, {{"reason", "idle"}})),
      over_peer_limit_(metrics.counter(kCut, {{"reason", "peer_limit"}})),
      guard_([this] { guard(); }) {}

Connections::~Connections() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    guard_.join();
}

bool Connections::admits(const std::string& peer) {
    const std::scoped_lock lock(mutex_);
    const auto found = per_peer_.find(net::client_key(peer));
    if (found == per_peer_.end() || found->second < limits_.per_peer) return true;
    over_peer_limit_.add();
    return false;
}

Connection* Connections::opened(int fd, std::string peer) {
    auto connection = std::make_unique<Connection>();
    connection->fd = fd;
    connection->client = net::client_key(peer);
    connection->peer = std::move(peer);
    connection->since = std::chrono::steady_clock::now();
    auto* raw = connection.get();
    const std::scoped_lock lock(mutex_);
    ++per_peer_[raw->client];
    connections_.emplace(raw, std::move(connection));
    open_.set(static_cast<double>(connections_.size()));
    return raw;
}

void Connections::closed(Connection* connection) {
    const std::scoped_lock lock(mutex_);
    if (const auto peer = per_peer_.find(connection->client); --peer->second == 0) per_peer_.erase(peer);
    connections_.erase(connection);
    open_.set(static_cast<double>(connections_.size()));
    if (draining_) wake_.notify_all();
}

void Connections::enter(Connection& connection, Connection::Phase phase) {
    const auto received = phase == Connection::Phase::receiving ? look_at(connection.fd).received : 0;
    const std::scoped_lock lock(mutex_);
    connection.phase = phase;
    connection.since = std::chrono::steady_clock::now();
    connection.began.reset();
    connection.ended.reset();
    connection.stream.reset();
    connection.bytes_before = received;
    if (draining_) wake_.notify_all();
}

void Connections::request_began(Connection& connection) {
    const std::scoped_lock lock(mutex_);
    if (!connection.began) connection.began = std::chrono::steady_clock::now();
}

void Connections::request_whole(Connection& connection) { enter(connection, Connection::Phase::handling); }
void Connections::response_began(Connection& connection) { enter(connection, Connection::Phase::sending); }
void Connections::stream_began(Connection& connection, std::shared_ptr<Stream> stream) {
    // A peer that acknowledges nothing, or keeps its window shut, for as long is given up by the kernel: it may have died without a word.
    const auto patience = static_cast<unsigned>(limits_.request_deadline.count());
    setsockopt(connection.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
    enter(connection, Connection::Phase::streaming);
    const std::scoped_lock lock(mutex_);
    connection.stream = std::move(stream);
}

void Connections::response_ended(Connection& connection) { enter(connection, Connection::Phase::receiving); }

bool Connections::drain(milliseconds deadline) {
    std::unique_lock lock(mutex_);
    draining_ = true;
    wake_.notify_all();
    return wake_.wait_for(lock, deadline, [this] {
        return std::all_of(connections_.begin(), connections_.end(),
                           [](const auto& entry) { return entry.second->phase == Connection::Phase::receiving; });
    });
}

void Connections::guard() {
    const auto tick = std::clamp(limits_.request_deadline / 8, milliseconds{10}, milliseconds{250});
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        wake_.wait_for(lock, tick);
        const auto at = std::chrono::steady_clock::now();
        for (auto& [raw, connection] : connections_) inspect(*connection, at);
    }
}

void Connections::inspect(Connection& connection, MonotonicPoint at) {
    switch (connection.phase) {
        case Connection::Phase::handling:
            return;
        case Connection::Phase::sending:
            if (at - connection.since > limits_.request_deadline) cut(connection, &slow_responses_);
            return;
        case Connection::Phase::streaming:
            if (connection.stream && connection.stream->look(at, look_at(connection.fd).closed)) cut(connection);
            return;
        case Connection::Phase::receiving:
            break;
    }
    const auto wire = look_at(connection.fd);
    if (!connection.began && wire.received > connection.bytes_before) connection.began = at;
    if (wire.ended) {
        // The end of the stream may have come with the last bytes, when edge-triggered polling does not tell the library.
        const auto turns = events_.turns();
        if (!connection.ended) connection.ended = turns;
        if (turns - *connection.ended >= kEndedFor) return cut(connection);
        events_.wake();
    }
    if (!connection.began) {
        if (draining_ || at - connection.since > limits_.idle_timeout) cut(connection, &idle_);
    } else if (at - *connection.began > limits_.request_deadline) {
        // Nothing else is being written on a connection whose request is not whole. If there is no room, it goes unsaid.
        send(connection.fd, too_slow().data(), too_slow().size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        cut(connection, &slow_requests_);
    }
}

// The descriptor stays open until the event thread has seen the end of the stream and says `closed`.
void Connections::cut(Connection& connection, metrics::Counter* reason) {
    if (reason != nullptr) reason->add();
    shutdown(connection.fd, SHUT_RDWR);
    connection.phase = Connection::Phase::handling;  // not to be looked at again
}

}  // namespace sonde::http

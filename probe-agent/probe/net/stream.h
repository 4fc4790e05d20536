// Bytes over a connected socket, in clear or by TLS.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/check/observation.h"
#include "lib/uv/poll.h"
#include "probe-agent/probe/net/socket.h"
#include "probe-agent/probe/tls/session.h"

namespace sonde::agent {

// One connection. What the other side does is told in turns of the loop, at most 16 KiB each, so that a peer that never stops sending
// holds nobody up; who listens bounds what it keeps. It has no deadline of its own: destroying it closes the connection at once.
// Loop thread only.
class Stream {
public:
    // What one turn brought, in this order. After an end or a failure nothing more comes.
    struct Turn {
        bool secured = false;    // the TLS handshake is over
        std::string_view bytes;  // good during the call only
        bool ended = false;      // the other side will say no more; in good order, or by closing
        check::Failure failure;  // with the phase it was in
    };
    using Heard = std::function<void(const Turn&)>;

    // What has not been sent yet is at most this; who would exceed it is told of a failure.
    static constexpr std::size_t kMaxPending = 256 * 1024;

    // `peer` is the address and port, for messages. `heard` is never called before this returned, nor from within `send` or `secure`;
    // it may destroy the stream. Throws std::runtime_error if the socket cannot be watched.
    Stream(uv::Loop& loop, Socket socket, std::string peer, Heard heard);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // As much as can be at once, the rest as the other side takes it.
    void send(std::string_view bytes);
    // Begins a TLS handshake. What has been sent before goes before; in clear nothing is sent from then on.
    void secure(const TlsRequest& request);
    // Says that no more will be sent: by TLS if it is up, then by TCP. Call it with nothing else left to send.
    void close();

    [[nodiscard]] bool is_secure() const { return tls_ != nullptr && tls_->is_up(); }
    // Nothing in clear, and before the server showed its certificate.
    [[nodiscard]] std::optional<check::TlsFacts> tls() const;
    // The step a connection is in: tls during a handshake, first_byte until something came after it, transfer from then on.
    [[nodiscard]] check::Phase phase() const;
    // The protocol agreed on by ALPN; empty if none was.
    [[nodiscard]] std::string alpn() const { return tls_ == nullptr ? std::string() : tls_->alpn(); }
    [[nodiscard]] const std::string& peer() const { return peer_; }

private:
    void ready(int status, int events);
    void flush();
    void watch();
    Turn receive(std::string& plain);
    void take_from_tls(TlsSession::Step step, bool was_up, std::string& plain, Turn& turn);
    [[nodiscard]] check::Failure lost(int code) const;

    Socket socket_;
    std::string peer_;
    Heard heard_;
    uv::Poll poll_;
    std::unique_ptr<TlsSession> tls_;
    std::string pending_;
    bool is_over_ = false;    // an end or a failure was told
    int write_error_ = 0;     // errno of a send that failed; told when the reading side ends
    bool overrun_ = false;    // more was to be sent than may be kept
    bool received_ = false;   // since the connection, or TLS, was up
    bool wants_end_ = false;  // our side is to be closed once all is sent
};

}  // namespace sonde::agent

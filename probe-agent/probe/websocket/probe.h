// The WebSocket check: resolve, guard, connect, shake hands, say something and hear something.
#pragma once

#include <string>

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"
#include "probe-agent/probe/tls/contexts.h"

namespace sonde::agent {

class WebSocketProbe final : public Probe {
public:
    static constexpr std::size_t kMaxReceived = 256 * 1024;  // after the handshake; more is a breach
    static constexpr milliseconds kClosing{1000};            // how long the server's close frame is waited for

    // Both must outlive it.
    WebSocketProbe(Network& network, TlsContexts& contexts, std::string user_agent)
        : network_(network), contexts_(contexts), user_agent_(std::move(user_agent)) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
    TlsContexts& contexts_;
    std::string user_agent_;
};

}  // namespace sonde::agent

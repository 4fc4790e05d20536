// The TCP check: resolve, guard, connect to one address or to each, and talk.
#pragma once

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"
#include "probe-agent/probe/tls/contexts.h"

namespace sonde::agent {

class TcpProbe final : public Probe {
public:
    // `each` tries at most this many addresses; more are a failure of the agent, not to be passed over in silence.
    static constexpr std::size_t kMaxAddresses = 16;

    // Both must outlive it.
    TcpProbe(Network& network, TlsContexts& contexts) : network_(network), contexts_(contexts) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
    TlsContexts& contexts_;
};

}  // namespace sonde::agent

// The TLS check: resolve, guard, connect, ask for TLS where it does not begin at once, shake hands, and look at what was shown.
#pragma once

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"
#include "probe-agent/probe/tls/contexts.h"

namespace sonde::agent {

// Takes any chain and any version: what there is against them is noted in the facts.
class TlsProbe final : public Probe {
public:
    // Both must outlive it.
    TlsProbe(Network& network, TlsContexts& contexts) : network_(network), contexts_(contexts) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
    TlsContexts& contexts_;
};

}  // namespace sonde::agent

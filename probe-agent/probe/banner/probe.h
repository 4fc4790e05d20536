// The banner check: resolve, guard, connect, be greeted and take leave.
#pragma once

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"
#include "probe-agent/probe/tls/contexts.h"

namespace sonde::agent {

class BannerProbe final : public Probe {
public:
    static constexpr milliseconds kParting{1000};  // how long the answer to our goodbye is waited for

    // Both must outlive it.
    BannerProbe(Network& network, TlsContexts& contexts) : network_(network), contexts_(contexts) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
    TlsContexts& contexts_;
};

}  // namespace sonde::agent

// The gRPC check: resolve, guard, connect, and ask for the health by HTTP/2.
#pragma once

#include <string>

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"
#include "probe-agent/probe/tls/contexts.h"

namespace sonde::agent {

class GrpcProbe final : public Probe {
public:
    // Both must outlive it.
    GrpcProbe(Network& network, TlsContexts& contexts, std::string user_agent)
        : network_(network), contexts_(contexts), user_agent_(std::move(user_agent)) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
    TlsContexts& contexts_;
    std::string user_agent_;
};

}  // namespace sonde::agent

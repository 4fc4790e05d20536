// The ping check: echo requests to one address, and what came back.
#pragma once

#include <memory>

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// Of a host's addresses the first that the guard lets pass is asked.
class PingProbe final : public Probe {
public:
    explicit PingProbe(Network& network) : network_(network) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
};

}  // namespace sonde::agent

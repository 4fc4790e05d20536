// The UDP check: a datagram, and what is answered.
#pragma once

#include <memory>

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// Of a host's addresses the first that the guard lets pass is asked. A port that is closed is a failure; silence is a fact.
class UdpProbe final : public Probe {
public:
    explicit UdpProbe(Network& network) : network_(network) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
};

}  // namespace sonde::agent

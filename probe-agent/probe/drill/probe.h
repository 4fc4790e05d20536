// Drills: nobody is contacted. What it means is in the spec alone.
#pragma once

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

class DrillProbe final : public Probe {
public:
    explicit DrillProbe(Network& network) : network_(network) {}
    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
};

}  // namespace sonde::agent

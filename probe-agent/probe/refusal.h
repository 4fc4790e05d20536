// For kinds that nobody probes: a job of one, which nobody should have published, fails by the agent's own fault.
#pragma once

#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

class Refusal final : public Probe {
public:
    explicit Refusal(Network& network) : network_(network) {}
    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
};

}  // namespace sonde::agent

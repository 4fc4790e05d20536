// The domain check: which RDAP server knows it, and what that says.
#pragma once

#include <string>

#include "probe-agent/probe/domain/bootstrap.h"
#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// Both documents come by the HTTP probe, guarded hop by hop. Whatever goes wrong on the way is the agent's error and never the domain's:
// that a registration is gone or over is said by its registry in so many words, or not at all.
class DomainProbe final : public Probe {
public:
    // `http` must outlive it, and so must the network.
    DomainProbe(Network& network, Probe& http, std::string bootstrap_url)
        : network_(network), http_(http), bootstrap_(network.loop, http, std::move(bootstrap_url)) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
    Probe& http_;
    RdapBootstrap bootstrap_;
};

}  // namespace sonde::agent

// The DNS check: one question to a name server, and what came back.
#pragma once

#include <memory>

#include "probe-agent/probe/dns/client.h"
#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// A server named by the spec passes the guard first. Without one, those of the agent's own resolver are asked, which do not, since nobody
// outside chose them: the first; after 2 s of silence, or when it fails, the next. An answer that was cut off is asked for again over TCP.
class DnsProbe final : public Probe {
public:
    explicit DnsProbe(Network& network) : network_(network), client_(network.loop) {}

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    Network& network_;
    DnsClient client_;
};

}  // namespace sonde::agent

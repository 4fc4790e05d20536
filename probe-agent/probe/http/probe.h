// The HTTP check: resolve, guard, connect, ask, and follow redirects hop by hop.
#pragma once

#include <memory>

#include "probe-agent/probe/http/hop.h"
#include "probe-agent/probe/http/token.h"
#include "probe-agent/probe/net/network.h"
#include "probe-agent/probe/probe.h"

namespace sonde::agent {

// Each hop of a redirect is a check of its own: its name is resolved, every address is shown to the guard, and the connection
// goes to exactly the address that passed. One deadline holds over all hops.
class HttpProbe final : public Probe {
public:
    // Throws std::runtime_error, as HttpClient.
    HttpProbe(Network& network, HttpClient::Options options);

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    HttpClient client_;
    NameServers name_servers_;
    HttpReach reach_;
    TokenCache tokens_;
};

}  // namespace sonde::agent

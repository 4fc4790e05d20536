// The HTTP check: resolve, guard, connect, ask, and follow redirects hop by hop.
#pragma once

#include <memory>
#include <string>

#include "lib/net/guard.h"
#include "probe-agent/http_client.h"
#include "probe-agent/probe.h"
#include "probe-agent/resolver.h"

namespace sonde::agent {

// Each hop of a redirect is a check of its own: its name is resolved, every address is shown to the guard, and the connection
// goes to exactly the address that passed. One deadline holds over all hops. The resolver and the loop must outlive the probe.
class HttpProbe final : public Probe {
public:
    // Throws std::runtime_error, as HttpClient.
    HttpProbe(uv::Loop& loop, Resolver& resolver, HttpClient::Options options, net::Guard guard);

    // For checks and redirects from now on.
    void set_guard(net::Guard guard) { guard_ = std::move(guard); }

    std::unique_ptr<Attempt> start(std::shared_ptr<const Target> target, milliseconds timeout, Done done) override;

private:
    friend class HttpCheck;
    uv::Loop& loop_;
    Resolver& resolver_;
    net::Guard guard_;
    HttpClient client_;
};

}  // namespace sonde::agent

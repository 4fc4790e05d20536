// The way to a server: its name resolved, every address shown to the guard, a connection to one that passed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/check/observation.h"
#include "probe-agent/probe/net/connector.h"
#include "probe-agent/probe/net/network.h"

namespace sonde::agent {

struct Arrival {
    check::Failure failure;
    Socket socket;         // connected and non-blocking, if there was no failure
    net::Address address;  // the one connected to
    microseconds resolve{0};
    microseconds connect{0};
};

// What is asked of the way, where it is not the agent's usual one.
struct WayPreference {
    int family = AF_UNSPEC;        // AF_INET or AF_INET6: to such an address only
    Resolver* resolver = nullptr;  // asked instead of the network's; outlives the approach
};

// One way. It has no deadline of its own: destroying it ends it. Loop thread only.
class Approach {
public:
    // `host` is a name or an address without brackets.
    Approach(Network& network, std::string host, int port, std::function<void(Arrival)> done, WayPreference preference = {});

    // `done` is called once, possibly before this returns; it may destroy the approach.
    void start();
    // What there is to say when `timeout` is over before `done` was called: what was being waited for. A step that only had the
    // crumbs of the time is not the one to blame.
    [[nodiscard]] Arrival overdue(milliseconds timeout) const;

private:
    [[nodiscard]] bool fits(const net::Address& address) const;
    void resolved(Resolution resolution);
    void connect(std::vector<net::Address> addresses);
    void connected(Connected outcome);
    void fail(check::Failure failure);
    [[nodiscard]] microseconds in_step() const;

    Network& network_;
    std::string host_;
    int port_;
    int family_;
    Resolver& resolver_;
    std::function<void(Arrival)> done_;
    Arrival arrival_;
    MonotonicPoint step_began_{};
    Resolver::Handle query_;
    std::unique_ptr<Connector> connector_;
};

// The addresses the guard lets pass; of none, a failure that says why not.
struct Passed {
    std::vector<net::Address> addresses;
    check::Failure failure;
};
Passed pass_guard(const net::Guard& guard, const std::string& host, std::vector<net::Address> addresses);

}  // namespace sonde::agent

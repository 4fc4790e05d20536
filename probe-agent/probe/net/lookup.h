// A host's addresses, of those that may be contacted.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/check/observation.h"
#include "probe-agent/probe/net/network.h"

namespace sonde::agent {

// One look-up, for kinds that do not connect as approach.h does. It has no deadline of its own: destroying it ends it. Loop thread only.
class Lookup {
public:
    struct Found {
        check::Failure failure;
        std::vector<net::Address> addresses;  // that passed the guard, in the order to be tried; not empty if there was no failure
        microseconds resolve{0};
    };

    // `family` is AF_INET or AF_INET6, or AF_UNSPEC for either; `host` a name or an address without brackets.
    Lookup(Network& network, std::string host, int family, std::function<void(Found)> done);

    // `done` is called once, possibly before this returns; it may destroy the look-up.
    void start();
    // What there is to say when `timeout` is over before `done` was called.
    [[nodiscard]] Found overdue(milliseconds timeout) const;

private:
    void resolved(Resolution resolution);
    void take(std::vector<net::Address> addresses);
    [[nodiscard]] microseconds spent() const;

    Network& network_;
    std::string host_;
    int family_;
    std::function<void(Found)> done_;
    Found found_;
    MonotonicPoint began_{};
    Resolver::Handle query_;
};

}  // namespace sonde::agent

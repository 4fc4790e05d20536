// Resolvers that ask a given server, kept from check to check.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "probe-agent/probe/net/resolver.h"

namespace sonde::agent {

// Loop thread only; must outlive what it gave.
class NameServers {
public:
    static constexpr std::size_t kMost = 64;

    explicit NameServers(uv::Loop& loop) : loop_(loop) {}

    // The resolver that asks `server` (`192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`) and nothing else, not even the hosts file. Null
    // if kMost others are in use. Throws std::runtime_error, as Resolver.
    std::shared_ptr<Resolver> of(const std::string& server);

private:
    struct Entry {
        std::string server;
        std::shared_ptr<Resolver> resolver;
    };
    uv::Loop& loop_;
    std::list<Entry> entries_;  // most recently used first
};

}  // namespace sonde::agent

#include "probe-agent/probe/net/name_servers.h"

#include <algorithm>

namespace sonde::agent {

std::shared_ptr<Resolver> NameServers::of(const std::string& server) {
    const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.server == server; });
    if (known != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, known);
        return known->resolver;
    }
    if (entries_.size() >= kMost) {
        const auto idle = std::find_if(entries_.rbegin(), entries_.rend(), [](const auto& entry) { return entry.resolver.use_count() == 1; });
        if (idle == entries_.rend()) return nullptr;
        entries_.erase(std::next(idle).base());
    }
    auto resolver = std::make_shared<Resolver>(loop_, Resolver::Options{.servers = {server}, .hosts_file = ""});
    entries_.push_front({server, resolver});
    return resolver;
}

}  // namespace sonde::agent

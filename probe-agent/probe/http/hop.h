// One request and its answer, from the name to the last byte: of the check itself, of a redirect, of a token.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "probe-agent/probe/http/client.h"
#include "probe-agent/probe/net/approach.h"
#include "probe-agent/probe/net/name_servers.h"
#include "probe-agent/probe/net/network.h"

namespace sonde::agent {

// What hops go through.
struct HttpReach {
    Network& network;
    HttpClient& client;
    NameServers& name_servers;
};

// Resolves, shows every address to the guard (the proxy's and the name server's too), connects and asks. It has no deadline of its own:
// destroying it ends it. Loop thread only.
class Hop {
public:
    struct End {
        HttpAnswer answer;    // with what failed, and the phases of this hop
        std::string address;  // the one connected to; empty if none was
    };

    // `own_origin`: the request goes where the spec itself points to, so that what is pinned there holds.
    Hop(HttpReach& reach, HttpRequest request, bool own_origin, std::function<void(End)> done);

    // `done` is called once, possibly before this returns; it may destroy the hop.
    void start();
    // What there is to say when `timeout` is over before `done` was called: what was being waited for.
    End overdue(milliseconds timeout);

private:
    std::optional<check::Failure> find_way();
    void arrived(Arrival arrival);
    void end(HttpAnswer answer);

    HttpReach& reach_;
    HttpRequest request_;
    bool own_origin_;
    std::function<void(End)> done_;
    std::string host_;  // what is connected to
    int port_ = 0;
    std::shared_ptr<Resolver> resolver_;  // the spec's own
    std::string address_;
    microseconds resolve_{0};
    microseconds connect_{0};
    std::unique_ptr<Approach> approach_;
    std::unique_ptr<HttpExchange> exchange_;
};

}  // namespace sonde::agent

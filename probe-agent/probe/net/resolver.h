// Names to addresses, by c-ares on the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "lib/check/verdict.h"
#include "lib/net/guard.h"
#include "lib/uv/loop.h"
#include "probe-agent/probe/net/ares_channel.h"
#include "probe-agent/probe/net/hosts_file.h"

namespace sonde::agent {

struct Resolution {
    check::FailureClass cause = check::FailureClass::none;
    std::string message;                  // for people, if it failed
    std::vector<net::Address> addresses;  // in the order to be tried: the families take turns (RFC 8305, section 4)
};

// Asks for A and AAAA at once and does not wait long for the second answer when it has the first. Nothing is cached: a check that
// did not ask would not notice that a name is gone. Search domains are not used. Loop thread only; must outlive its queries.
class Resolver {
public:
    struct Options {
        std::vector<std::string> servers;  // `192.0.2.53` or `192.0.2.53:5353`; empty: those of /etc/resolv.conf
        std::string hosts_file = "/etc/hosts";
    };

    // Throws std::runtime_error if a server is none, or c-ares cannot begin.
    Resolver(uv::Loop& loop, Options options);
    ~Resolver();  // answers to queries that are still open are dropped
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    class Query;
    struct Drop {
        void operator()(Query* query) const;
    };
    // Dropping it means that `done` is not called.
    using Handle = std::unique_ptr<Query, Drop>;

    // The name servers asked, in their order: `192.0.2.53:53`.
    [[nodiscard]] std::vector<std::string> servers() const;

    // What the hosts file says; empty if nothing.
    std::vector<net::Address> known(const std::string& host);

    // `done` is called once, never before this returned. Queries end by themselves in kLongest at most.
    // `family` is AF_INET or AF_INET6 to ask for its addresses only.
    Handle resolve(const std::string& host, std::function<void(Resolution)> done, int family = AF_UNSPEC);
    static constexpr milliseconds kLongest{15000};

private:
    void refresh();

    uv::Loop& loop_;
    Options options_;
    HostsFile hosts_;
    std::unique_ptr<AresChannel> exact_;  // as channel_, but tells what the first server said; outlives it
    std::unique_ptr<AresChannel> channel_;
    std::vector<std::unique_ptr<AresChannel>>
        retired_;  // with the settings of before; until the last query that may use them has ended
    uv::Timer housekeeping_;
    struct timespec settings_changed_ {};
};

// IPv6 and IPv4 in turns, each in its given order, `first` beginning; at most `limit`.
std::vector<net::Address> interleave(const std::vector<net::Address>& v6, const std::vector<net::Address>& v4, int first,
                                     std::size_t limit);

}  // namespace sonde::agent

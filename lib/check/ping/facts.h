// What a ping check saw.
#pragma once

#include <string>

#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::check {

struct PingFacts {
    static constexpr const char* name = "ping";

    // Packets that were answered in time, or that can be said to be lost: their time was up, or an ICMP error came back. Those still
    // under way when the check's own time was over count nowhere.
    int sent = 0;
    int received = 0;    // each once
    int duplicates = 0;  // answers beyond the first to a packet
    // Of round trips; zero if there was none. `mdev` is the standard deviation.
    microseconds rtt_min{0};
    microseconds rtt_avg{0};
    microseconds rtt_max{0};
    microseconds rtt_mdev{0};
    std::string error;  // the last ICMP error that came back, for people: `198.51.100.1 says: host unreachable`
    int reply_ttl = 0;  // hops that the last answer had left (TTL, hop limit); 0 if the system did not say
    bool raw = false;   // through a raw socket, because the kernel does not let this agent have the unprivileged ones

    [[nodiscard]] int lost() const { return sent - received; }
};

Json write(const PingFacts& facts, bool full);

}  // namespace sonde::check

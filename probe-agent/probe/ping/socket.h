// Sockets that send ICMP echo requests to one address and hear what comes back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/instant.h"
#include "lib/base/result.h"
#include "lib/check/observation.h"
#include "lib/net/guard.h"
#include "probe-agent/probe/net/socket.h"
#include "probe-agent/probe/ping/echo.h"

namespace sonde::agent {

// One a check, non-blocking. Unprivileged (a datagram socket) where net.ipv4.ping_group_range lets this process, else raw.
class PingSocket {
public:
    // A failure is the agent's own, except that there may be no way to the address.
    static Result<PingSocket, check::Failure> open(const net::Address& to, int payload_bytes);

    [[nodiscard]] int fd() const { return socket_.fd(); }
    [[nodiscard]] bool is_raw() const { return raw_; }

    // 0, or an errno.
    int send(std::uint16_t sequence);

    struct Heard {
        std::uint16_t sequence = 0;
        microseconds waited{0};  // from its arrival in the kernel until now
        int ttl = 0;             // hops that an answer had left; 0 if the system does not say
        std::string error;       // what an ICMP error says, for people; empty of an answer
    };
    // The next answer or error that belongs to this check; nothing if no more is there now.
    std::optional<Heard> hear();

private:
    PingSocket() = default;
    std::optional<Heard> hear_answer();
    std::optional<Heard> hear_error();

    Socket socket_;
    EchoIdentity identity_;
    bool raw_ = false;
};

}  // namespace sonde::agent

// Which addresses may be connected to. Keeps probes and webhooks from being used to reach inside. Pure.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace sonde::net {

// An IPv4 or IPv6 address in network order.
struct Address {
    int family = AF_INET;          // AF_INET or AF_INET6
    unsigned char bytes[16] = {};  // 4 of them for AF_INET

    static std::optional<Address> parse(std::string_view literal);  // strict: no leading zeros, no short forms, no zone
    static std::optional<Address> from(const sockaddr* address);
    [[nodiscard]] std::string text() const;  // RFC 5952
    [[nodiscard]] bool operator==(const Address& other) const;
};

// `[2001:db8::1]:443`, `192.0.2.1:443`
std::string with_port(const Address& address, int port);

struct Cidr {
    Address base;
    int prefix = 0;
    static Result<Cidr> parse(std::string_view text);  // a bare address is a whole prefix; host bits must be zero
    [[nodiscard]] bool contains(const Address& address) const;
    [[nodiscard]] std::string text() const;  // `10.0.0.0/8`, always with the prefix
};

// Refuses everything that the IANA special-purpose registries (RFC 6890 and its updates) do not call globally reachable,
// multicast, the anycast addresses of a network's own services (PCP, TURN), and IPv6 outside 2000::/3 but for NAT64. An IPv6
// address that carries an IPv4 one (mapped, compatible, NAT64 64:ff9b::/96, 6to4, Teredo) is judged by that one too: both must
// be allowed. `deny` is asked first, then `allow`, then the registries. Thread-safe: immutable once made.
class Guard {
public:
    Guard() = default;
    Guard(std::vector<Cidr> allow, std::vector<Cidr> deny) : allow_(std::move(allow)), deny_(std::move(deny)) {}

    // Nothing if allowed; else why not, for people: `127.0.0.1 is a loopback address`.
    [[nodiscard]] std::optional<std::string> refusal(const Address& address) const;
    // `allow` has it, whatever `deny` and the registries say.
    [[nodiscard]] bool is_named(const Address& address) const;

private:
    [[nodiscard]] std::optional<std::string> refusal_of_one(const Address& address) const;

    std::vector<Cidr> allow_;
    std::vector<Cidr> deny_;
};

Result<Guard> make_guard(const std::vector<std::string>& allow, const std::vector<std::string>& deny);

}  // namespace sonde::net

// ICMP echo messages, RFC 792 and RFC 4443, section 4. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::agent {

// What tells the answers to one check from everybody else's.
struct EchoIdentity {
    int family = 0;           // AF_INET or AF_INET6
    std::uint16_t id = 0;     // the kernel writes its own into those of datagram sockets
    bool id_is_ours = true;   // false with datagram sockets: then the kernel has looked at it
    std::array<char, 8> nonce{};
    int payload_bytes = 56;  // at least 8
};

// The checksum is right for IPv4; for IPv6 it is the kernel's work.
std::string echo_request(const EchoIdentity& identity, std::uint16_t sequence);

// The sequence of the request that a message, without its IP header, answers: nothing if it does not belong to this check, whatever it is.
std::optional<std::uint16_t> sequence_of_reply(const EchoIdentity& identity, std::string_view message);

// Likewise of a request that an ICMP error gives back; it may be cut off after its head.
std::optional<std::uint16_t> sequence_of_request(const EchoIdentity& identity, std::string_view message);

// What is behind the IPv4 header that raw sockets show; empty if there is none.
std::string_view without_ipv4_header(std::string_view packet);

}  // namespace sonde::agent

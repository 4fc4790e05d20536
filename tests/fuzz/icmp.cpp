// What a socket for pings shows. The first byte: bit 0 IPv6, bit 1 a raw socket, whose identifier is ours; then the identifier, the eight bytes
// that tell our packets, the size of the payload less eight, and the packet.
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>

#include "probe-agent/probe/ping/echo.h"
#include "tests/fuzz/target.h"

using namespace sonde;
using namespace sonde::agent;

namespace {

constexpr std::size_t kHead = 8;

// What we send is known again in the answer and in an error, cut off or not, and in nothing else.
void check_own(const EchoIdentity& identity, std::uint16_t sequence) {
    auto message = echo_request(identity, sequence);
    fuzz::require(message.size() == kHead + static_cast<std::size_t>(identity.payload_bytes), "a request is as long as it should be");
    fuzz::require(sequence_of_request(identity, message) == sequence, "an error that gives back our request is ours");
    fuzz::require(sequence_of_request(identity, message.substr(0, kHead)) == sequence, "also if it is cut off after its head");
    fuzz::require(!sequence_of_request(identity, message.substr(0, kHead - 1)), "and not if it is before");
    fuzz::require(!sequence_of_reply(identity, message), "our request is no answer");
    message[0] = static_cast<char>(identity.family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
    fuzz::require(sequence_of_reply(identity, message) == sequence, "its answer is");
    ++message[kHead];
    fuzz::require(!sequence_of_reply(identity, message), "with another mark it is not");
}

}  // namespace

SONDE_FUZZ_TARGET(icmp) {
    constexpr std::size_t kBefore = 12;
    if (size < kBefore) return 0;
    EchoIdentity identity;
    identity.family = (data[0] & 1U) != 0 ? AF_INET6 : AF_INET;
    identity.id_is_ours = (data[0] & 2U) != 0;
    identity.id = static_cast<std::uint16_t>(data[1] << 8U | data[2]);
    std::copy(data + 3, data + 11, identity.nonce.begin());
    identity.payload_bytes = 8 + data[11];
    const auto packet = fuzz::text(data, size).substr(kBefore);
    const auto message = identity.id_is_ours && identity.family == AF_INET ? without_ipv4_header(packet) : packet;
    fuzz::require(message.size() <= packet.size(), "a header is not added");
    if (const auto sequence = sequence_of_reply(identity, message)) {
        fuzz::require(message.size() == kHead + static_cast<std::size_t>(identity.payload_bytes), "an answer is as long as the request");
        fuzz::require(std::equal(identity.nonce.begin(), identity.nonce.end(), message.begin() + kHead), "and has its mark");
        fuzz::require(!sequence_of_request(identity, message), "and is no request");
        check_own(identity, *sequence);
    }
    if (sequence_of_request(identity, message)) fuzz::require(message.size() >= kHead, "what an error gives back has a head");
    check_own(identity, static_cast<std::uint16_t>(packet.size()));
    return 0;
}

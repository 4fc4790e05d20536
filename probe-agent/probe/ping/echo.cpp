#include "probe-agent/probe/ping/echo.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>

namespace sonde::agent {
namespace {

constexpr std::size_t kHead = 8;

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }
std::uint16_t number_at(std::string_view text, std::size_t at) { return static_cast<std::uint16_t>(byte_at(text, at) << 8U | byte_at(text, at + 1)); }

void put_number(std::string& text, std::size_t at, std::uint16_t value) {
    text[at] = static_cast<char>(value >> 8U);
    text[at + 1] = static_cast<char>(value);
}

// RFC 1071.
std::uint16_t checksum(std::string_view text) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < text.size(); i += 2) sum += byte_at(text, i) << 8U | (i + 1 < text.size() ? byte_at(text, i + 1) : 0U);
    while (sum > 0xFFFFU) sum = (sum & 0xFFFFU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

std::optional<std::uint16_t> sequence(const EchoIdentity& identity, std::string_view message, unsigned type) {
    if (message.size() < kHead || byte_at(message, 0) != type || byte_at(message, 1) != 0) return std::nullopt;
    if (identity.id_is_ours && number_at(message, 4) != identity.id) return std::nullopt;
    return number_at(message, 6);
}

}  // namespace

std::string echo_request(const EchoIdentity& identity, std::uint16_t sequence) {
    std::string message(kHead + static_cast<std::size_t>(identity.payload_bytes), '\0');
    message[0] = static_cast<char>(identity.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
    put_number(message, 4, identity.id);
    put_number(message, 6, sequence);
    std::copy(identity.nonce.begin(), identity.nonce.end(), message.begin() + kHead);
    for (std::size_t i = kHead + identity.nonce.size(); i < message.size(); ++i) message[i] = static_cast<char>(i);
    put_number(message, 2, checksum(message));
    return message;
}

std::optional<std::uint16_t> sequence_of_reply(const EchoIdentity& identity, std::string_view message) {
    if (message.size() != kHead + static_cast<std::size_t>(identity.payload_bytes)) return std::nullopt;
    const auto nonce = message.substr(kHead, identity.nonce.size());
    if (!std::equal(nonce.begin(), nonce.end(), identity.nonce.begin())) return std::nullopt;
    return sequence(identity, message, identity.family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
}

std::optional<std::uint16_t> sequence_of_request(const EchoIdentity& identity, std::string_view message) {
    const auto nonce = message.substr(std::min(kHead, message.size()), identity.nonce.size());
    if (!std::equal(nonce.begin(), nonce.end(), identity.nonce.begin())) return std::nullopt;
    return sequence(identity, message, identity.family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
}

std::string_view without_ipv4_header(std::string_view packet) {
    if (packet.empty()) return {};
    const auto length = std::size_t{byte_at(packet, 0) & 0xFU} * 4;
    return packet.size() < length ? std::string_view{} : packet.substr(length);
}

}  // namespace sonde::agent

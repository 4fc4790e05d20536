#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "lib/net/guard.h"

namespace sonde::net {
namespace {

std::size_t length_of(int family) { return family == AF_INET ? 4 : 16; }

}  // namespace

std::optional<Address> Address::parse(std::string_view literal) {
    // inet_pton wants a terminated string, and would stop at a NUL inside.
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (literal.size() >= text.size() || literal.find('\0') != std::string_view::npos) return std::nullopt;
    std::copy(literal.begin(), literal.end(), text.begin());
    Address address;
    address.family = literal.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
    if (inet_pton(address.family, text.data(), address.bytes) != 1) return std::nullopt;
    return address;
}

std::optional<Address> Address::from(const sockaddr* address) {
    Address found;
    if (address->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, address, sizeof in);
        std::memcpy(found.bytes, &in.sin_addr, 4);
        return found;
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, address, sizeof in);
        std::memcpy(found.bytes, &in.sin6_addr, 16);
        found.family = AF_INET6;
        return found;
    }
    return std::nullopt;
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, bytes, text.data(), text.size());
}

bool Address::operator==(const Address& other) const {
    return family == other.family && std::memcmp(bytes, other.bytes, length_of(family)) == 0;
}

std::string with_port(const Address& address, int port) {
    return address.family == AF_INET6 ? fmt::format("[{}]:{}", address.text(), port) : fmt::format("{}:{}", address.text(), port);
}

Result<Cidr> Cidr::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) return Error{fmt::format("\"{}\" is not an IP address or a block of them like 10.0.0.0/8", text)};
    const auto bits = static_cast<int>(length_of(address->family) * 8);
    Cidr cidr{*address, bits};
    if (slash == std::string_view::npos) return cidr;
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.prefix);
    if (error != std::errc{} || end != digits.data() + digits.size() || cidr.prefix < 0 || cidr.prefix > bits) {
        return Error{fmt::format("\"{}\" must have a prefix length from 0 to {}", text, bits)};
    }
    for (int bit = cidr.prefix; bit < bits; ++bit) {
        if ((cidr.base.bytes[bit / 8] & (0x80U >> (static_cast<unsigned>(bit) % 8U))) != 0) {
            return Error{fmt::format("\"{}\" has bits set behind its prefix of {}", text, cidr.prefix)};
        }
    }
    return cidr;
}

bool Cidr::contains(const Address& address) const {
    if (address.family != base.family) return false;
    const auto whole = static_cast<std::size_t>(prefix) / 8;
    if (std::memcmp(address.bytes, base.bytes, whole) != 0) return false;
    const auto rest = static_cast<unsigned>(prefix) % 8U;
    return rest == 0 || ((address.bytes[whole] ^ base.bytes[whole]) & (0xFF00U >> rest) & 0xFFU) == 0;
}

std::string Cidr::text() const { return fmt::format("{}/{}", base.text(), prefix); }

}  // namespace sonde::net

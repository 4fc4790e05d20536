#include "lib/net/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace sonde::net {
namespace {

// One row of the IANA special-purpose registries. Where rows overlap, the first that matches decides.
struct Special {
    std::uint64_t high;  // IPv4: all of it; IPv6: the first 64 bits
    std::uint64_t low;   // IPv6: the last 64 bits
    int prefix;
    std::string_view what;  // for people, after "is"; empty: globally reachable
};

// https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast.
constexpr Special kIpv4[] = {
    {0x00000000, 0, 8, "an address of \"this network\""},
    {0x0A000000, 0, 8, "a private address"},
    {0x64400000, 0, 10, "a shared address of a carrier's NAT"},
    {0x7F000000, 0, 8, "a loopback address"},
    {0xA9FE0000, 0, 16, "a link-local address"},
    {0xAC100000, 0, 12, "a private address"},
    {0xC0000000, 0, 24, "reserved for protocols"},
    {0xC0000200, 0, 24, "a documentation address"},
    {0xC0586300, 0, 24, "a 6to4 relay's anycast address"},
    {0xC0A80000, 0, 16, "a private address"},
    {0xC6120000, 0, 15, "a benchmarking address"},
    {0xC6336400, 0, 24, "a documentation address"},
    {0xCB007100, 0, 24, "a documentation address"},
    {0xE0000000, 0, 4, "a multicast address"},
    {0xFFFFFFFF, 0, 32, "the broadcast address"},
    {0xF0000000, 0, 4, "a reserved address"},
};

// https://www.iana.org/assignments/iana-ipv6-special-registry, and the address space registry for what is outside 2000::/3.
constexpr Special kIpv6[] = {
    {0, 0, 128, "the unspecified address"},
    {0, 1, 128, "the loopback address"},
    {0, 0x0000FFFF00000000, 96, "an IPv4-mapped address"},
    {0, 0, 96, "an IPv4-compatible address"},
    {0x0064FF9B00000000, 0, 96, ""},  // NAT64: as good as the IPv4 address it carries
    {0x0064FF9B00010000, 0, 48, "a local NAT64 address"},
    {0x0100000000000000, 0, 64, "a discard address"},
    {0x0100000000000001, 0, 64, "a dummy address"},
    {0x2001000000000000, 0, 32, "a Teredo address"},
    {0x2001000200000000, 0, 48, "a benchmarking address"},
    {0x2001000300000000, 0, 32, ""},  // AMT
    {0x2001000401120000, 0, 48, ""},  // AS112
    {0x2001001000000000, 0, 28, "an ORCHID"},
    {0x2001002000000000, 0, 28, ""},  // ORCHIDv2
    {0x2001003000000000, 0, 28, ""},  // drone remote identification
    {0x2001000000000000, 0, 23, "reserved for protocols"},
    {0x20010DB800000000, 0, 32, "a documentation address"},
    {0x2002000000000000, 0, 16, "a 6to4 address"},
    {0x3FFF000000000000, 0, 20, "a documentation address"},
    {0x2000000000000000, 0, 3, ""},  // all other global unicast
    {0x5F00000000000000, 0, 16, "a segment routing identifier"},
    {0xFC00000000000000, 0, 7, "a unique local address"},
    {0xFE80000000000000, 0, 10, "a link-local address"},
    {0xFEC0000000000000, 0, 10, "a site-local address"},
    {0xFF00000000000000, 0, 8, "a multicast address"},
    {0, 0, 0, "not a global unicast address"},
};

std::uint64_t number(const unsigned char* bytes, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8U | bytes[i];
    return value;
}

constexpr bool same_prefix(std::uint64_t a, std::uint64_t b, int prefix, int width) {
    return prefix <= 0 || ((a ^ b) >> static_cast<unsigned>(width - prefix)) == 0;
}

// Empty if the registries call it globally reachable.
std::string_view special_use(const Address& address) {
    if (address.family == AF_INET) {
        const auto value = number(address.bytes, 4);
        for (const auto& row : kIpv4) {
            if (same_prefix(value, row.high, row.prefix, 32)) return row.what;
        }
        return {};
    }
    const auto high = number(address.bytes, 8);
    const auto low = number(address.bytes + 8, 8);
    for (const auto& row : kIpv6) {
        if (same_prefix(high, row.high, std::min(row.prefix, 64), 64) && same_prefix(low, row.low, row.prefix - 64, 64))
            return row.what;
    }
    return {};  // cannot be: the last row matches everything
}

Address ipv4(std::uint64_t value) {
    Address address;
    for (unsigned i = 0; i < 4; ++i) address.bytes[i] = static_cast<unsigned char>(value >> (24U - 8U * i));
    return address;
}

// The IPv4 addresses that packets to an IPv6 address may end up at.
std::vector<Address> carried_by(const Address& address) {
    if (address.family != AF_INET6) return {};
    const auto high = number(address.bytes, 8);
    const auto low = number(address.bytes + 8, 8);
    if (high == 0 && low <= 1) return {};  // :: and ::1 are no IPv4-compatible addresses
    // Compatible (RFC 4291), mapped (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052).
    const bool in_last_bits = (high == 0 && (low >> 32U == 0 || low >> 32U == 0xFFFF || low >> 32U == 0xFFFF0000)) ||
                              (high == 0x0064FF9B00000000 && low >> 32U == 0);
    if (in_last_bits) return {ipv4(low & 0xFFFFFFFF)};
    if (high >> 48U == 0x2002) return {ipv4(high >> 16U & 0xFFFFFFFF)};  // 6to4 (RFC 3056)
    // Teredo (RFC 4380): the server, and the client with its bits inverted.
    if (high >> 32U == 0x20010000) return {ipv4(high & 0xFFFFFFFF), ipv4(~low & 0xFFFFFFFF)};
    return {};
}

}  // namespace

std::optional<std::string> Guard::refusal(const Address& address) const {
    if (auto why = refusal_of_one(address)) return why;
    for (const auto& carried : carried_by(address)) {
        if (const auto why = refusal_of_one(carried)) return fmt::format("{} carries an IPv4 address: {}", address.text(), *why);
    }
    return std::nullopt;
}

std::optional<std::string> Guard::refusal_of_one(const Address& address) const {
    for (const auto& block : deny_) {
        if (block.contains(address)) return fmt::format("{} is in the denied block {}", address.text(), block.text());
    }
    for (const auto& block : allow_) {
        if (block.contains(address)) return std::nullopt;
    }
    const auto use = special_use(address);
    if (use.empty()) return std::nullopt;
    return fmt::format("{} is {}", address.text(), use);
}

bool Guard::is_named(const Address& address) const {
    return std::any_of(allow_.begin(), allow_.end(), [&address](const Cidr& block) { return block.contains(address); });
}

Result<Guard> make_guard(const std::vector<std::string>& allow, const std::vector<std::string>& deny) {
    std::vector<Cidr> lists[2];
    for (int i = 0; i < 2; ++i) {
        for (const auto& text : i == 0 ? allow : deny) {
            auto block = Cidr::parse(text);
            if (!block) return Error{block.error().message};
            lists[i].push_back(*block);
        }
    }
    return Guard{std::move(lists[0]), std::move(lists[1])};
}

}  // namespace sonde::net

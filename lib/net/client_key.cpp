#include "lib/net/client_key.h"

#include <algorithm>

namespace sonde::net {
namespace {

constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // ::ffff:0:0/96
constexpr unsigned char kTranslated[12] = {0, 0x64, 0xff, 0x9b};                   // 64:ff9b::/96; by its first 64 bits all of IPv4 would be one client

bool begins_with(const Address& address, const unsigned char (&prefix)[12]) { return address.family == AF_INET6 && std::equal(prefix, prefix + 12, address.bytes); }

Address last_bits(const Address& address) {
    Address v4;
    std::copy(address.bytes + 12, address.bytes + 16, v4.bytes);
    return v4;
}

}  // namespace

Address unmapped(const Address& address) { return begins_with(address, kMapped) ? last_bits(address) : address; }

std::string client_key(std::string_view text) {
    const auto parsed = Address::parse(text);
    if (!parsed) return std::string(text);
    auto address = begins_with(*parsed, kTranslated) ? last_bits(*parsed) : unmapped(*parsed);
    if (address.family == AF_INET) return address.text();
    std::fill(address.bytes + 8, address.bytes + 16, static_cast<unsigned char>(0));
    return address.text() + "/64";
}

}  // namespace sonde::net

// DNS records as text, and when two of them are the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/net/guard.h"

namespace sonde::check {

// The record types that can be asked for.
enum class DnsType : unsigned char { a, aaaa, cname, mx, txt, ns, soa, srv, caa, ptr };

// The number of a type on the wire.
int code_of(DnsType type);
std::optional<DnsType> dns_type_of(int code);

// `AAAA`; `TYPE65` (RFC 3597) for those that cannot be asked for.
std::string dns_type_name(int code);

// Those a check can expect; their order is that of the numbers on the wire.
enum class DnsRcode : unsigned char { noerror, formerr, servfail, nxdomain, notimp, refused };

// `NXDOMAIN`; `RCODE9` for the others.
std::string dns_rcode_name(int code);

// One record of an answer. `data` is as master files have it (RFC 1035, section 5.1), with three liberties: names have no dot at
// their end, but for the root's; the strings of a TXT record are joined without quotes; a CAA value is always in quotes.
struct DnsRecord {
    std::string name;
    int type = 0;
    std::uint32_t ttl = 0;
    std::string data;
};

// The one way of writing what means the same: names in small letters without a dot at the end, addresses in their own form, numbers
// without leading zeros, one space between. TXT is taken as it is. Nothing if `data` cannot be a record of that type.
std::optional<std::string> canonical_data(DnsType type, std::string_view data);

// In small letters and without a dot at the end. Nothing if it cannot be a name: labels of 1 to 63 bytes of printable ASCII, 253 in all.
std::optional<std::string> canonical_name(std::string_view name);

// `1.2.0.192.in-addr.arpa`; for IPv6 a nibble a label (RFC 3596, section 2.5).
std::string reverse_name(const net::Address& address);

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::DnsType> {
    static constexpr std::array<std::string_view, 10> names{"A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "SRV", "CAA", "PTR"};
};

template <>
struct sonde::EnumNames<sonde::check::DnsRcode> {
    static constexpr std::array<std::string_view, 6> names{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
};

// Where a request comes from, as far as proxies on the way are trusted to say so.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/http/message.h"
#include "lib/net/guard.h"

namespace sonde::controlplane {

// The one header that the trusted proxies set: clients may send the other one as they like.
enum class ProxyHeader : unsigned char {
    x_forwarded_for,
    forwarded,  // RFC 7239
};

struct Proxies {
    std::vector<net::Cidr> trusted{};
    ProxyHeader header = ProxyHeader::x_forwarded_for;
};

// The peer, if that is no trusted proxy; else, of what the header says, the right-most address that is not one: those to the left of it may be
// invented. What is no address (`unknown`, an obfuscated name) ends the search: the proxy that said so is the answer. Pure.
std::string caller_address(const http::Request& request, const Proxies& proxies);

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::ProxyHeader> {
    static constexpr std::array<std::string_view, 2> names{"x-forwarded-for", "forwarded"};
};

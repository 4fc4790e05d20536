// What the requests of one client have in common, however many addresses he has. Whatever is limited by client is counted by this, and nothing else is: audit, logs and
// sessions show the address itself. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/net/guard.h"

namespace sonde::net {

// Of IPv4 the address (`192.0.2.1`), also where it is written as IPv6: mapped (RFC 4291) or translated at the well-known prefix (RFC 6052). Of any other IPv6 the
// first 64 bits (`2001:db8:1:2::/64`), of which whoever has one has all. What is no address stays as it is.
std::string client_key(std::string_view address);

// `::ffff:192.0.2.1`, as sockets for both families tell it, is 192.0.2.1; all else is itself.
Address unmapped(const Address& address);

}  // namespace sonde::net

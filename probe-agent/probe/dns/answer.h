// A DNS message as facts.
#pragma once

#include <string_view>

#include "lib/check/dns/facts.h"

namespace sonde::agent {

// Whatever the bytes are: what cannot be read ends the reading and is named in `malformed`, and what came before it is kept. Names are
// expanded by c-ares; the records are walked here, because its own parsers leave out the TTL of most types.
void read_dns_answer(std::string_view message, check::DnsFacts& facts);

}  // namespace sonde::agent

// OCSP answers that a server sends along (RFC 6066, section 8).
#pragma once

#include <openssl/types.h>

#include <optional>
#include <string>

namespace sonde::agent {

// For people, if the connection came with an answer that says the server's certificate is revoked, and that is signed by its issuer or
// by whom that named, and is neither too old nor from the future. An answer that is anything else says nothing. Of a connection whose
// handshake is over.
std::optional<std::string> revoked_by_staple(SSL* connection);

}  // namespace sonde::agent

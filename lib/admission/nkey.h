// Keys as NATS writes them ("nkeys"): a byte or two that say what the key is, the key, and a check sum, in base32. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/secret.h"
#include "lib/crypto/signing.h"

namespace sonde::admission {

// Who a key is of: who runs the bus, one of its accounts, or a user of an account. Their public keys begin with O, A and U.
enum class KeyKind : unsigned char { bus_operator, account, user };

// `U` and 55 characters of A-Z and 2-7.
std::string public_text(KeyKind kind, const crypto::SigningKey& key);
// The 32 bytes of it; nothing unless `text` is exactly what `public_text` would have written for some key of that kind.
std::optional<std::string> read_public(KeyKind kind, std::string_view text);

// `SU` and 56 characters: all that is secret about a key.
Secret seed_text(KeyKind kind, const crypto::SigningKey& key);
std::optional<crypto::SigningKey> read_seed(KeyKind kind, std::string_view text);

// RFC 4648, section 6, without padding. Reading is strict.
std::string base32(std::string_view bytes);
std::optional<std::string> from_base32(std::string_view text);

}  // namespace sonde::admission

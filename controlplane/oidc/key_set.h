// The keys that a provider signs with: a JSON Web Key Set (RFC 7517). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace sonde::oidc {

// Of the JSON Web Algorithms (RFC 7518, section 3.1), those that may sign: neither `none`, nor any whose key both sides know.
struct Algorithm {
    std::string_view name;   // `ES256`
    std::string_view type;   // `EC`
    std::string_view curve;  // `P-256`; empty with RSA
};
const Algorithm* algorithm_of(std::string_view name);

struct Key {
    std::string id;         // empty: none
    std::string type;       // `RSA` or `EC`
    std::string curve;      // of EC
    std::string algorithm;  // the only one it is for; empty: any of its type
    std::string document;   // the key as a JWK, of its public part alone
};

inline constexpr std::size_t kMaxKeySetBytes = 256 << 10;
inline constexpr std::size_t kMaxKeys = 100;

// Passes over keys of other types, those that are not for signatures, and those of a size that is too weak or takes too long (RSA below 2048 or beyond 8192 bits).
// The error may follow the document's name.
Result<std::vector<Key>> read_key_set(std::string_view text);

}  // namespace sonde::oidc

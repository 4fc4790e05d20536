// ID tokens (OpenID Connect Core 1.0, section 2): who somebody is, signed by the provider. Pure; the signature is looked at by cjose.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/oidc/key_set.h"
#include "lib/base/enum_name.h"
#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::oidc {

// Why a token is not taken.
enum class TokenFault : unsigned char {
    too_large,
    malformed,
    algorithm,    // `none`, one with a shared key, or one that is not known
    unknown_key,  // no key of this name, or without a name not exactly one that fits
    wrong_key,    // the key of this name is of another type, or for another algorithm
    signature,
    issuer,
    audience,
    expired,
    not_yet,  // it is from the future
    nonce,
    subject,
};

// What the token has to be.
struct Expected {
    std::string_view issuer;
    std::string_view client_id;
    std::string_view nonce;
    TimePoint now;
};

inline constexpr std::size_t kMaxTokenBytes = 64 << 10;
inline constexpr milliseconds kLeeway{60'000};  // between two clocks
inline constexpr std::size_t kMaxSubject = 255;  // bytes; Core, section 2

// The claims of a token that keeps all of section 3.1.3.7. `sub` is text of 1 to kMaxSubject visible bytes.
Result<Json, TokenFault> verify(std::string_view token, const std::vector<Key>& keys, const Expected& expected);

}  // namespace sonde::oidc

template <>
struct sonde::EnumNames<sonde::oidc::TokenFault> {
    static constexpr std::array<std::string_view, 12> names{"too_large", "malformed", "algorithm", "unknown_key", "wrong_key", "signature",
                                                            "issuer",    "audience",  "expired",   "not_yet",     "nonce",     "subject"};
};

// Signatures with Ed25519 (RFC 8032), and keys that follow from one other; a thin layer over libsodium.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/secret.h"

namespace sonde::crypto {

class SigningKey {
public:
    static constexpr std::size_t kSeedBytes = 32;
    static constexpr std::size_t kPublicBytes = 32;

    static SigningKey random();
    // Throws std::invalid_argument unless `seed` has 32 bytes.
    static SigningKey from_seed(std::string_view seed);

    [[nodiscard]] Secret seed() const { return Secret{seed_}; }
    [[nodiscard]] const std::string& public_key() const { return public_; }  // 32 raw bytes
    [[nodiscard]] std::string sign(std::string_view message) const;          // 64 raw bytes

private:
    SigningKey() = default;
    std::string seed_;
    std::string public_;
    std::string secret_;
};

// False for keys and signatures of another length, too.
bool verifies(std::string_view public_key, std::string_view message, std::string_view signature);

// The `number`-th key of 32 bytes that follows from `root`, which has as many, for a purpose that eight characters name. One tells nothing of
// another, nor of the root. Throws std::invalid_argument for other lengths.
Secret derived_key(std::string_view root, std::uint64_t number, std::string_view purpose);

}  // namespace sonde::crypto

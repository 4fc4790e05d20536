#include "lib/crypto/signing.h"

#include <sodium.h>

#include <stdexcept>

namespace sonde::crypto {
namespace {

static_assert(SigningKey::kSeedBytes == crypto_sign_SEEDBYTES && SigningKey::kPublicBytes == crypto_sign_PUBLICKEYBYTES);

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void sodium_ready() {
    static const int state = sodium_init();
    if (state < 0) throw std::runtime_error("the system has no source of random numbers");
}

}  // namespace

SigningKey SigningKey::random() {
    sodium_ready();
    std::string seed(kSeedBytes, '\0');
    randombytes_buf(seed.data(), seed.size());
    return from_seed(seed);
}

SigningKey SigningKey::from_seed(std::string_view seed) {
    if (seed.size() != kSeedBytes) throw std::invalid_argument("a seed has 32 bytes");
    sodium_ready();
    SigningKey key;
    key.seed_ = seed;
    key.public_.resize(crypto_sign_PUBLICKEYBYTES);
    key.secret_.resize(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(octets(key.public_), octets(key.secret_), octets(seed));
    return key;
}

std::string SigningKey::sign(std::string_view message) const {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(octets(signature), nullptr, octets(message), message.size(), octets(secret_));
    return signature;
}

bool verifies(std::string_view public_key, std::string_view message, std::string_view signature) {
    if (public_key.size() != crypto_sign_PUBLICKEYBYTES || signature.size() != crypto_sign_BYTES) return false;
    sodium_ready();
    return crypto_sign_verify_detached(octets(signature), octets(message), message.size(), octets(public_key)) == 0;
}

Secret derived_key(std::string_view root, std::uint64_t number, std::string_view purpose) {
    if (root.size() != crypto_kdf_KEYBYTES || purpose.size() != crypto_kdf_CONTEXTBYTES) throw std::invalid_argument("a root has 32 bytes, a purpose 8");
    sodium_ready();
    std::string key(SigningKey::kSeedBytes, '\0');
    crypto_kdf_derive_from_key(octets(key), key.size(), number, purpose.data(), octets(root));
    return Secret{std::move(key)};
}

}  // namespace sonde::crypto

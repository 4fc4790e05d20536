#include "lib/crypto/crypto.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <stdexcept>

namespace sonde::crypto {
namespace {

void ready() {
    static const int state = sodium_init();
    if (state < 0) throw std::runtime_error("the system has no source of random numbers");
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string encode_base64(std::string_view data, int variant) {
    ready();
    std::string text(sodium_base64_encoded_len(data.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes(data), data.size(), variant);
    text.pop_back();  // the terminating zero
    return text;
}

std::optional<std::string> decode_base64(std::string_view text, int variant) {
    ready();
    std::string data(text.size(), '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(bytes(data), data.size(), text.data(), text.size(), nullptr, &size, &end, variant) != 0 || end != text.data() + text.size()) {
        return std::nullopt;
    }
    data.resize(size);
    return data;
}

}  // namespace

std::string random_bytes(std::size_t count) {
    ready();
    std::string data(count, '\0');
    randombytes_buf(data.data(), data.size());
    return data;
}

Secret random_token(std::string_view prefix) { return Secret{std::string(prefix) + base64url(random_bytes(32))}; }

std::string sha256(std::string_view data) {
    std::string digest(32, '\0');
    unsigned int size = 0;
    if (EVP_Digest(data.data(), data.size(), bytes(digest), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::string digest(32, '\0');
    unsigned int size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(data), data.size(), bytes(digest), &size) == nullptr) {
        throw std::runtime_error("HMAC-SHA-256 is not available");
    }
    return digest;
}

std::string hex(std::string_view data) {
    std::string text;
    text.reserve(data.size() * 2);
    for (const char c : data) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    return text;
}

std::string base64(std::string_view data) { return encode_base64(data, sodium_base64_VARIANT_ORIGINAL); }
std::string base64url(std::string_view data) { return encode_base64(data, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

std::optional<std::string> from_base64(std::string_view text) { return decode_base64(text, sodium_base64_VARIANT_ORIGINAL); }
std::optional<std::string> from_base64url(std::string_view text) { return decode_base64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING); }

bool equal(std::string_view a, std::string_view b) { return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace sonde::crypto

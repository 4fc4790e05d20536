#include "lib/account/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "lib/base/percent.h"
#include "lib/crypto/crypto.h"

namespace sonde::account {
namespace {

constexpr std::int64_t kStepMs = 30'000;
constexpr std::int64_t kWindow = 1;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kCodes = 10;

// Five bits a digit, of the given ones.
std::string in_fives(std::string_view bytes, std::string_view digits) {
    std::string text;
    unsigned bits = 0;
    unsigned pending = 0;
    for (const char c : bytes) {
        pending = (pending << 8) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 5; bits -= 5) text += digits[(pending >> (bits - 5)) & 31U];
        pending &= (1U << bits) - 1;
    }
    if (bits > 0) text += digits[(pending << (5 - bits)) & 31U];
    return text;
}

}  // namespace

Secret new_totp_secret() { return Secret(crypto::random_bytes(20)); }

std::string base32(std::string_view bytes) { return in_fives(bytes, kBase32); }

std::string totp_code(const Secret& secret, std::int64_t step) {
    std::array<unsigned char, 8> counter{};
    for (int i = 7; i >= 0; --i) {
        counter[static_cast<std::size_t>(i)] = static_cast<unsigned char>(step & 0xff);
        step >>= 8;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    const auto& key = secret.reveal();
    if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(), mac.data(), &size) == nullptr) {
        throw std::runtime_error("HMAC-SHA-1 is not available");
    }
    // RFC 4226, section 5.3.
    const std::size_t offset = mac[size - 1] & 0x0fU;
    const auto number = (mac[offset] & 0x7fU) << 24 | static_cast<unsigned>(mac[offset + 1]) << 16 | static_cast<unsigned>(mac[offset + 2]) << 8 | mac[offset + 3];
    return fmt::format("{:06}", number % 1'000'000);
}

std::optional<std::int64_t> totp_step(const Secret& secret, std::string_view code, TimePoint now, std::int64_t last) {
    const auto present = to_unix_ms(now) / kStepMs;
    std::optional<std::int64_t> found;
    for (auto step = present - kWindow; step <= present + kWindow; ++step) {
        if (crypto::equal(totp_code(secret, step), code) && step > last && !found) found = step;
    }
    return found;
}

std::string totp_uri(const Secret& secret, std::string_view issuer, std::string_view user) {
    return fmt::format("otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits=6&period=30", percent_encoded(issuer), percent_encoded(user),
                       base32(secret.reveal()));
}

std::vector<std::string> new_recovery_codes() {
    std::vector<std::string> codes;
    for (std::size_t i = 0; i < kCodes; ++i) {
        const auto digits = in_fives(crypto::random_bytes(10), kCrockford);
        codes.push_back(fmt::format("{}-{}-{}-{}", digits.substr(0, 4), digits.substr(4, 4), digits.substr(8, 4), digits.substr(12, 4)));
    }
    return codes;
}

std::string plain_recovery_code(std::string_view typed) {
    std::string plain;
    for (char c : typed) {
        if (c == '-' || c == ' ') continue;
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
        if (c == 'o') c = '0';
        if (c == 'i' || c == 'l') c = '1';
        plain += c;
    }
    return plain;
}

}  // namespace sonde::account

#include "lib/admission/nkey.h"

#include <cstdint>

namespace sonde::admission {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr unsigned kSeedPrefix = 18U << 3U;  // S
constexpr std::size_t kSumBytes = 2;

// Chosen by NATS so that the first letter tells the kind.
unsigned prefix_of(KeyKind kind) {
    switch (kind) {
        case KeyKind::bus_operator: return 14U << 3U;
        case KeyKind::account: return 0;
        case KeyKind::user: break;
    }
    return 20U << 3U;
}

// CRC-16/XMODEM.
std::uint16_t check_sum(std::string_view bytes) {
    unsigned sum = 0;
    for (const char c : bytes) {
        sum ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8U;
        for (int bit = 0; bit < 8; ++bit) sum = (sum & 0x8000U) != 0 ? (sum << 1U) ^ 0x1021U : sum << 1U;
    }
    return static_cast<std::uint16_t>(sum);
}

std::string with_sum(std::string bytes) {
    const auto sum = check_sum(bytes);
    bytes += static_cast<char>(sum & 0xffU);  // the lower byte first
    bytes += static_cast<char>(sum >> 8U);
    return base32(bytes);
}

// What stands between the prefix and the sum; nothing if any of the three is wrong.
std::optional<std::string> between(const std::string& prefix, std::string_view text) {
    const auto bytes = from_base32(text);
    if (!bytes || bytes->size() != prefix.size() + crypto::SigningKey::kSeedBytes + kSumBytes || !bytes->starts_with(prefix)) return std::nullopt;
    auto body = bytes->substr(0, bytes->size() - kSumBytes);
    if (with_sum(body) != text) return std::nullopt;
    return body.substr(prefix.size());
}

std::string public_prefix(KeyKind kind) { return {static_cast<char>(prefix_of(kind))}; }

std::string seed_prefix(KeyKind kind) {
    const auto prefix = prefix_of(kind);
    return {static_cast<char>(kSeedPrefix | (prefix >> 5U)), static_cast<char>((prefix & 31U) << 3U)};
}

}  // namespace

std::string base32(std::string_view bytes) {
    std::string text;
    unsigned bits = 0;
    int have = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (have += 8; have >= 5; have -= 5) text += kDigits[(bits >> static_cast<unsigned>(have - 5)) & 31U];
        bits &= 0xffU;
    }
    if (have > 0) text += kDigits[(bits << static_cast<unsigned>(5 - have)) & 31U];
    return text;
}

std::optional<std::string> from_base32(std::string_view text) {
    std::string bytes;
    unsigned bits = 0;
    int have = 0;
    for (const char c : text) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = ((bits << 5U) | static_cast<unsigned>(digit)) & 0xfffU;
        have += 5;
        if (have < 8) continue;
        have -= 8;
        bytes += static_cast<char>((bits >> static_cast<unsigned>(have)) & 0xffU);
    }
    if (base32(bytes) != text) return std::nullopt;  // bits left over, or a length that none has
    return bytes;
}

std::string public_text(KeyKind kind, const crypto::SigningKey& key) { return with_sum(public_prefix(kind) + key.public_key()); }

std::optional<std::string> read_public(KeyKind kind, std::string_view text) { return between(public_prefix(kind), text); }

Secret seed_text(KeyKind kind, const crypto::SigningKey& key) { return Secret{with_sum(seed_prefix(kind) + key.seed().reveal())}; }

std::optional<crypto::SigningKey> read_seed(KeyKind kind, std::string_view text) {
    const auto seed = between(seed_prefix(kind), text);
    if (!seed) return std::nullopt;
    return crypto::SigningKey::from_seed(*seed);
}

}  // namespace sonde::admission

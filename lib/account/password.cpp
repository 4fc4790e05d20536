#include "lib/account/password.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include "lib/base/utf8.h"

namespace sonde::account {
namespace {

constexpr int kLeastVariety = 5;  // different bytes
constexpr std::size_t kNameWorthLooking = 4;  // shorter ones are in too many words

// Of those seen most often in what was stolen elsewhere, the ones that are long enough; without the digits that people put behind.
constexpr std::array<std::string_view, 24> kCommon{
    "password",  "passwordpassword", "passw0rd",     "administrator", "changeme",    "changemenow",  "changemeplease", "letmein",
    "letmeinnow", "iloveyou",        "iloveyousomuch", "welcome",     "welcometo",   "qwertyuiop",   "qwertyuiopasdf", "qwertyuiopasdfgh",
    "asdfghjkl", "asdfghjklzxcvbnm", "zxcvbnm",      "1q2w3e4r5t6y",  "1qaz2wsx3edc", "q1w2e3r4t5y6", "secretpassword", "monitoring"};

bool is_text(std::string_view text) {
    Utf8Cursor cursor(text);
    while (cursor.next()) {}
    return !cursor.broken() && text.find('\0') == std::string_view::npos;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return result;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_common(std::string_view low) {
    auto end = low.size();
    while (end > 0 && (is_digit(low[end - 1]) || std::string_view{"!.?#*"}.find(low[end - 1]) != std::string_view::npos)) --end;
    const auto stem = low.substr(0, end);
    return std::any_of(kCommon.begin(), kCommon.end(), [&](auto common) { return stem == common || low == common; });
}

// `abcdefgh…`, `98765…`, also where it goes round as `1234567890123`.
bool is_run(std::string_view text) {
    for (const int step : {1, -1}) {
        std::size_t breaks = 0;
        for (std::size_t i = 1; i < text.size(); ++i) breaks += text[i] - text[i - 1] == step ? 0 : 1;
        if (breaks * 4 <= text.size()) return true;
    }
    return false;
}

bool contains_name(std::string_view low, std::string_view name) {
    return name.size() >= kNameWorthLooking && low.find(lower(name)) != std::string::npos;
}

unsigned long long operations(HashingCost cost) { return static_cast<unsigned long long>(cost.passes); }
std::size_t memory(HashingCost cost) { return static_cast<std::size_t>(cost.memory_mib) << 20; }

void sodium_ready() {
    static const int state = sodium_init();
    if (state < 0) throw std::runtime_error("the system has no source of random numbers");
}

}  // namespace

std::optional<std::string> password_mistake(std::string_view password, std::string_view name, std::string_view email, int least) {
    if (password.size() > kMaxPassword) return fmt::format("must have at most {} bytes", kMaxPassword);
    if (!is_text(password)) return "must be text";
    if (count_utf8(password) < static_cast<std::size_t>(least)) return fmt::format("must have at least {} characters", least);
    const auto low = lower(password);
    if (std::set<char>(low.begin(), low.end()).size() < kLeastVariety || is_run(low)) return "must not be the same few characters again and again, or in a row";
    if (is_common(low)) return "is one of the commonest, which are tried first";
    if (contains_name(low, name)) return "must not contain the name";
    if (contains_name(low, email.substr(0, email.find('@')))) return "must not contain the e-mail address";
    return std::nullopt;
}

std::string hash_password(const Secret& password, HashingCost cost) {
    sodium_ready();
    std::array<char, crypto_pwhash_STRBYTES> text{};
    const auto& plain = password.reveal();
    if (crypto_pwhash_str_alg(text.data(), plain.data(), plain.size(), operations(cost), memory(cost), crypto_pwhash_ALG_ARGON2ID13) != 0) {
        throw std::runtime_error("there is no memory to hash a password");
    }
    return text.data();
}

bool verify_password(const std::string& hash, const Secret& password) {
    sodium_ready();
    const auto& plain = password.reveal();
    return hash.size() < crypto_pwhash_STRBYTES && crypto_pwhash_str_verify(hash.c_str(), plain.data(), plain.size()) == 0;
}

bool needs_rehash(const std::string& hash, HashingCost cost) {
    sodium_ready();
    return hash.size() >= crypto_pwhash_STRBYTES || crypto_pwhash_str_needs_rehash(hash.c_str(), operations(cost), memory(cost)) != 0;
}

}  // namespace sonde::account

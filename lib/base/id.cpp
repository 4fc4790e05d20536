#include "lib/base/id.h"

#include <array>
#include <chrono>
#include <mutex>
#include <random>

namespace sonde {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kTextDigits = 13;  // 13 × 5 bits = 65 ≥ 63
constexpr std::int64_t kEpochMs = 1704067200000;  // 2024-01-01T00:00:00Z
constexpr int kCounterBits = 22;

}  // namespace

std::string id_text::encode(std::string_view prefix, std::int64_t value) {
    std::string text(prefix);
    text.push_back('_');
    const auto bits = static_cast<std::uint64_t>(value);
    for (int shift = 60; shift >= 0; shift -= 5) text.push_back(kDigits[(bits >> shift) & 31U]);
    return text;
}

std::optional<std::int64_t> id_text::decode(std::string_view prefix, std::string_view text) {
    if (text.size() != prefix.size() + 1 + kTextDigits) return std::nullopt;
    if (!text.starts_with(prefix) || text[prefix.size()] != '_') return std::nullopt;
    text.remove_prefix(prefix.size() + 1);
    if (const auto first = kDigits.find(text[0]); first > 7) return std::nullopt;  // would not fit into 63 bits
    std::uint64_t bits = 0;
    for (const char c : text) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = (bits << 5U) | digit;
    }
    return static_cast<std::int64_t>(bits);
}

std::int64_t new_id_value() {
    static std::mutex mutex;
    static std::int64_t last = 0;
    static std::mt19937_64 random{std::random_device{}()};

    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count() - kEpochMs;
    const std::scoped_lock lock(mutex);
    if (now > (last >> kCounterBits)) {
        const auto start = static_cast<std::int64_t>(random() & ((1U << (kCounterBits - 1)) - 1));
        last = (now << kCounterBits) | start;
    } else {
        ++last;  // runs over into the next millisecond rather than repeat, also when the clock steps back
    }
    return last;
}

}  // namespace sonde

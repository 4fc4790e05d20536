#include "lib/base/duration.h"

#include <array>
#include <charconv>

namespace sonde {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t ms;
};

constexpr std::array<Unit, 5> kUnits{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t kLongest = 100LL * 366 * 86'400'000;

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
    if (text == "0") return milliseconds{0};
    if (text.empty()) return std::nullopt;
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    while (!text.empty()) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || number < 0 || text.front() == '-') return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const auto name = text.substr(0, text.find_first_of("0123456789"));
        while (next_unit < kUnits.size() && kUnits.at(next_unit).name != name) ++next_unit;
        if (next_unit == kUnits.size()) return std::nullopt;
        const auto unit = kUnits.at(next_unit++).ms;
        if (number > kLongest / unit) return std::nullopt;
        total += number * unit;
        if (total > kLongest) return std::nullopt;
        text.remove_prefix(name.size());
    }
    return milliseconds{total};
}

std::string format_duration(milliseconds duration) {
    auto rest = duration.count();
    if (rest == 0) return "0";
    std::string text;
    for (const auto& unit : kUnits) {
        if (const auto number = rest / unit.ms; number > 0) {
            text += std::to_string(number);
            text += unit.name;
            rest %= unit.ms;
        }
    }
    return text;
}

}  // namespace sonde

#include "lib/check/http/status_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace sonde::check {
namespace {

constexpr std::size_t kMaxStatusRanges = 50;

std::optional<int> read_status(std::string_view text) {
    int status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (error != std::errc{} || end != text.data() + text.size() || status < 100 || status > 599) return std::nullopt;
    return status;
}

}  // namespace

bool StatusSet::contains(int status) const {
    return std::any_of(ranges.begin(), ranges.end(),
                       [status](const auto& range) { return range.first <= status && status <= range.second; });
}

std::string StatusSet::text() const {
    std::string text;
    for (const auto& [first, last] : ranges) {
        if (!text.empty()) text += ',';
        text += std::to_string(first);
        if (last != first) text += '-' + std::to_string(last);
    }
    return text;
}

Result<StatusSet> StatusSet::parse(std::string_view text) {
    StatusSet set;
    set.ranges.clear();
    while (true) {
        const auto piece = text.substr(0, text.find(','));
        const auto dash = std::min(piece.find('-'), piece.size());
        const auto first = read_status(piece.substr(0, dash));
        const auto last = dash == piece.size() ? first : read_status(piece.substr(dash + 1));
        if (!first || !last || *first > *last) {
            return Error{fmt::format("\"{}\" is not a status from 100 to 599 or a range of them like 200-299", piece)};
        }
        set.ranges.emplace_back(*first, *last);
        if (set.ranges.size() > kMaxStatusRanges) return Error{fmt::format("must have at most {} ranges", kMaxStatusRanges)};
        if (piece.size() == text.size()) return set;
        text.remove_prefix(piece.size() + 1);
    }
}

}  // namespace sonde::check

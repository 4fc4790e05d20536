#include "controlplane/history/csv.h"

#include <algorithm>
#include <array>

namespace sonde::history {
namespace {

constexpr std::array<std::string_view, 10> kFormula{"=", "+", "-", "@", "\t", "\r", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};

std::string in_quotes(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos && (text.empty() || (text.front() != ' ' && text.back() != ' '))) return std::string(text);
    std::string cell = "\"";
    for (const char c : text) {
        if (c == '"') cell += '"';
        cell += c;
    }
    return cell + '"';
}

std::string written(const Cell& cell) {
    if (const auto* plain = std::get_if<std::string>(&cell)) return in_quotes(*plain);
    const auto& text = std::get<Text>(cell).value;
    const auto first = std::min(text.find_first_not_of(' '), text.size());
    const bool formula = std::any_of(kFormula.begin(), kFormula.end(), [&](std::string_view begin) { return text.compare(first, begin.size(), begin) == 0; });
    return in_quotes(formula ? "'" + text : text);
}

}  // namespace

std::string csv_line(const std::vector<Cell>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += ',';
        line += written(cells[i]);
    }
    return line + "\r\n";
}

}  // namespace sonde::history

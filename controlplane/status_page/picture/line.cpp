#include "controlplane/status_page/picture/line.h"

#include "lib/base/utf8.h"

namespace sonde::status_page::picture {
namespace {

constexpr std::string_view kCut = "…";

// Where characters end.
std::vector<std::size_t> ends_of(std::string_view text) {
    std::vector<std::size_t> ends;
    Utf8Cursor at(text);
    while (at.next()) ends.push_back(at.offset());
    return ends;
}

std::string_view without_spaces(std::string_view text) {
    while (text.ends_with(' ')) text.remove_suffix(1);
    while (text.starts_with(' ')) text.remove_prefix(1);
    return text;
}

// How many bytes of `text` make the first line. At least one character, so that there is an end.
std::size_t first_line(std::string_view text, int room, const Measure& measure) {
    std::size_t by_character = 0;
    std::size_t by_word = 0;
    for (const auto end : ends_of(text)) {
        const bool is_word = end == text.size() || text[end] == ' ';
        if (measure(text.substr(0, end)) > room) break;
        by_character = end;
        if (is_word) by_word = end;
    }
    if (by_word > 0) return by_word;
    return by_character > 0 ? by_character : ends_of(text).front();
}

}  // namespace

std::string cut(std::string_view text, int room, const Measure& measure) {
    if (measure(text) <= room) return std::string(text);
    const auto ends = ends_of(text);
    for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
        const auto made = std::string(without_spaces(text.substr(0, *end))) + std::string(kCut);
        if (measure(made) <= room) return made;
    }
    return {};
}

std::vector<std::string> lines_of(std::string_view text, int room, std::size_t most, const Measure& measure) {
    std::vector<std::string> lines;
    text = without_spaces(text.substr(0, ends_of(text).empty() ? 0 : ends_of(text).back()));
    while (!text.empty() && lines.size() + 1 < most && measure(text) > room) {
        const auto end = first_line(text, room, measure);
        lines.emplace_back(without_spaces(text.substr(0, end)));
        text = without_spaces(text.substr(end));
    }
    if (!text.empty() && most > 0) lines.push_back(cut(text, room, measure));
    return lines;
}

}  // namespace sonde::status_page::picture

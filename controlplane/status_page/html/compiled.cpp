#include "controlplane/status_page/html/compiled.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "controlplane/api/endpoint/html.h"
#include "controlplane/status_page/html/sources.h"

namespace sonde::status_page::html {

mustache::Template compiled(std::string_view name) {
    constexpr auto kAny = std::numeric_limits<std::size_t>::max();
    const auto parsed = mustache::Template::parse(source(name), {.template_bytes = kAny, .output_bytes = kAny, .work = kAny});
    if (!parsed) throw std::logic_error(fmt::format("{}: {}", name, parsed.error().message));
    return *parsed;
}

std::string escaped_lines(const std::string& text) {
    // Nearly all texts are plain, and a large page has tens of thousands.
    const auto means_itself = [](char c) { return (static_cast<unsigned char>(c) >= 0x20 || c == '\n') && c != 0x7f && c != '&' && c != '<' && c != '>' && c != '"' && c != '\''; };
    if (std::all_of(text.begin(), text.end(), means_itself)) return text;
    std::string safe;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        safe += sonde::html::escaped(std::string_view(text).substr(at, end - at));
        if (end < text.size()) safe += '\n';
        at = end + 1;
    }
    return safe;
}

}  // namespace sonde::status_page::html

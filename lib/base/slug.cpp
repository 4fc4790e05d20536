#include "lib/base/slug.h"

namespace sonde {

std::string slug(std::string_view name, std::string_view fallback) {
    constexpr std::size_t longest = 48;
    std::string text;
    bool gap = false;
    for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (gap && !text.empty()) text += '-';
            gap = false;
            text += upper ? static_cast<char>(c | 0x20) : c;
        } else {
            gap = true;
        }
    }
    if (text.size() > longest) text.resize(longest);
    while (text.ends_with('-')) text.pop_back();
    return text.empty() ? std::string(fallback) : text;
}

std::string unused_slug(std::string_view name, std::string_view fallback, std::set<std::string>& taken) {
    const auto first = slug(name, fallback);
    auto key = first;
    for (int number = 2; !taken.insert(key).second; ++number) key = first + '-' + std::to_string(number);
    return key;
}

}  // namespace sonde

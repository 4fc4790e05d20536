// Text as HTML has it.
#pragma once

#include <string>
#include <string_view>

namespace sonde::html {

// As an element's text or in a quoted attribute, it means nothing but itself. Control characters, which documents may not have, are left out.
inline std::string escaped(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) safe += c;
        }
    }
    return safe;
}

}  // namespace sonde::html

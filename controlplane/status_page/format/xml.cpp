#include "controlplane/status_page/format/xml.h"

#include <fmt/format.h>

#include "lib/base/utf8.h"
#include "lib/json/json.h"

namespace sonde::status_page::format {
namespace {

// The production `Char`; a carriage return is one, but is read as a line break wherever it stands as itself.
bool is_xml_char(char32_t c) { return c == '\t' || c == '\n' || (c >= 0x20 && c != 0x7f && c != 0xfffe && c != 0xffff); }

}  // namespace

std::string xml_text(std::string_view text) {
    const auto clean = json::clean_utf8(text);
    std::string safe;
    safe.reserve(clean.size());
    Utf8Cursor cursor(clean);
    while (const auto c = cursor.next()) {
        switch (*c) {
            case '&': safe += "&amp;"; break;
            case '<': safe += "&lt;"; break;
            case '>': safe += "&gt;"; break;
            case '"': safe += "&quot;"; break;
            case '\'': safe += "&#39;"; break;
            default:
                if (is_xml_char(*c)) append_utf8(safe, *c);
        }
    }
    return safe;
}

std::string xml_element(std::string_view name, std::string_view text) { return fmt::format("<{0}>{1}</{0}>\n", name, xml_text(text)); }

}  // namespace sonde::status_page::format

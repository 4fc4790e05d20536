// Text as XML 1.0 has it (section 2.2).
#pragma once

#include <string>
#include <string_view>

namespace sonde::status_page::format {

// As an element's text or in a quoted attribute, it means nothing but itself: what no XML document may have, however it is written, is left out or, where it is not UTF-8,
// becomes U+FFFD. Line breaks and tabs stay.
std::string xml_text(std::string_view text);

// `<name>text</name>` and a line break.
std::string xml_element(std::string_view name, std::string_view text);

}  // namespace sonde::status_page::format

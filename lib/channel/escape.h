// How a text is written so that a receiver takes it for text. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "lib/base/enum_name.h"

namespace sonde::channel {

enum class Escape : unsigned char {
    none,
    html,      // & < > "
    slack,     // & < >: what could be a link or a mention
    markdown,  // its marks behind backslashes; an @ mentions nobody
};

std::string escaped(std::string_view text, Escape escape);

// RFC 3986: all but unreserved characters, `:` and `@`, so that it is one segment of a path or one value of a query.
std::string percent_encoded(std::string_view text);

}  // namespace sonde::channel

template <>
struct sonde::EnumNames<sonde::channel::Escape> {
    static constexpr std::array<std::string_view, 4> names{"none", "html", "slack", "markdown"};
};

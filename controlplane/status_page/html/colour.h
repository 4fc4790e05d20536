// Colours that can be read: contrast as WCAG 2 defines it (relative luminance, section 1.4.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::status_page::html {

struct Colour {
    int red = 0;  // 0 to 255, as the others
    int green = 0;
    int blue = 0;
    friend bool operator==(const Colour&, const Colour&) = default;
};

// `#rrggbb`, and nothing else.
std::optional<Colour> read_colour(std::string_view text);
std::string write_colour(Colour colour);

// 1 for the same, 21 for black on white.
double contrast(Colour one, Colour other);

// What text must have (level AA).
inline constexpr double kReadable = 4.5;

// Black or white, whichever is read better on `background`: one of them always can be.
Colour text_on(Colour background);

// `colour`, made darker or lighter until it is readable on `background`; itself if it is already.
Colour readable_on(Colour colour, Colour background);

}  // namespace sonde::status_page::html

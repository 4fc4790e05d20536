#include <doctest/doctest.h>

#include "controlplane/status_page/html/colour.h"

namespace colour_test {

using namespace sonde::status_page::html;

TEST_CASE("a colour is six hexadecimal digits, and nothing else") {
    CHECK(read_colour("#2563eb") == Colour{0x25, 0x63, 0xeb});
    CHECK(write_colour(*read_colour("#0AfF00")) == "#0aff00");
    for (const auto* wrong : {"", "#fff", "2563eb", "#2563eg", "#-2563e", "#2563eb;", "red", "#+12345"}) CHECK_FALSE(read_colour(wrong));
}

TEST_CASE("contrast is what WCAG says it is") {
    CHECK(contrast({0, 0, 0}, {255, 255, 255}) == doctest::Approx(21.0));
    CHECK(contrast({1, 2, 3}, {1, 2, 3}) == doctest::Approx(1.0));
    CHECK(contrast({0x77, 0x77, 0x77}, {255, 255, 255}) == doctest::Approx(4.48).epsilon(0.001));
}

TEST_CASE("whatever the accent, text on it and links in it can be read in light and in dark") {
    const Colour light{0xf5, 0xf6, 0xf8};
    const Colour dark{0x17, 0x1b, 0x21};
    for (int red = 0; red < 256; red += 17) {
        for (int green = 0; green < 256; green += 17) {
            for (int blue = 0; blue < 256; blue += 51) {
                const Colour accent{red, green, blue};
                REQUIRE(contrast(text_on(accent), accent) >= kReadable);
                REQUIRE(contrast(readable_on(accent, light), light) >= kReadable);
                REQUIRE(contrast(readable_on(accent, dark), dark) >= kReadable);
            }
        }
    }
}

TEST_CASE("a colour that can be read already stays as it is") { CHECK(readable_on({0, 0, 0x80}, {255, 255, 255}) == Colour{0, 0, 0x80}); }

}  // namespace colour_test

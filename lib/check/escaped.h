// Reading a text through the escapes it was written with, one character at a time. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sonde::check {

// How a text may have been written: in a URL or a form, as a URL within a URL, in JSON, in HTML.
enum class Escaping : unsigned char { none, percent, percent_twice, json, html };

// What stands at one place of a text.
struct EscapedCharacter {
    std::array<char, 4> bytes{};  // what it means: one byte as it is or escaped, or a code point in UTF-8
    std::uint8_t size = 0;        // of `bytes`; 0 if the text ends within an escape
    std::size_t length = 0;       // what it takes of the text; at least 1
    bool may_be_space = false;    // `+`, which in forms is a space and elsewhere itself
};

// `at` is below the text's size. Hexadecimal digits may be of either case. What is no escape means itself.
EscapedCharacter character_at(std::string_view text, std::size_t at, Escaping escaping);

// What an escape begins with, so that one can be looked for; 0 for none.
char first_of_escape(Escaping escaping);

}  // namespace sonde::check

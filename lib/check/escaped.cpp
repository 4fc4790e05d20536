#include "lib/check/escaped.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sonde::check {
namespace {

constexpr std::size_t kLongestEntity = 10;  // `&#x10ffff;`

EscapedCharacter plain_character(std::string_view text, std::size_t at) { return {{text[at]}, 1, 1, false}; }

EscapedCharacter cut_off_character(std::string_view text, std::size_t at) { return {{}, 0, text.size() - at, false}; }

// UTF-8 of a code point.
EscapedCharacter code_point(std::uint32_t point, std::size_t length) {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
    const auto tail = [&](unsigned shift) { return byte(0x80U | ((point >> shift) & 0x3fU)); };
    if (point < 0x80) return {{byte(point)}, 1, length, false};
    if (point < 0x800) return {{byte(0xc0U | point >> 6U), tail(0)}, 2, length, false};
    if (point < 0x10000) return {{byte(0xe0U | point >> 12U), tail(6), tail(0)}, 3, length, false};
    return {{byte(0xf0U | ((point >> 18U) & 7U)), tail(12), tail(6), tail(0)}, 4, length, false};
}

std::optional<std::uint32_t> digits_as_number(std::string_view digits, int base) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

// `%2F`, of which each character may itself be written so.
EscapedCharacter percent_character(std::string_view text, std::size_t at, int levels) {
    if (levels == 0) return plain_character(text, at);
    const auto first = percent_character(text, at, levels - 1);
    if (first.size == 0) return first;
    if (first.bytes[0] == '+') return {{'+'}, 1, first.length, true};
    if (first.bytes[0] != '%') return first;
    std::array<char, 2> digits{};
    auto length = first.length;
    for (auto& digit : digits) {
        if (at + length >= text.size()) return cut_off_character(text, at);
        const auto next = percent_character(text, at + length, levels - 1);
        if (next.size == 0) return next;
        digit = next.bytes[0];
        length += next.length;
    }
    const auto byte = digits_as_number({digits.data(), digits.size()}, 16);
    if (!byte) return first;
    return {{static_cast<char>(*byte)}, 1, length, false};
}

// The four digits of `\uXXXX` at `at`; nothing if it is none.
std::optional<std::uint32_t> json_unit(std::string_view text, std::size_t at) {
    if (text.size() < at + 6 || text.substr(at, 2) != "\\u") return std::nullopt;
    return digits_as_number(text.substr(at + 2, 4), 16);
}

EscapedCharacter json_character(std::string_view text, std::size_t at) {
    if (text[at] != '\\') return plain_character(text, at);
    if (at + 1 >= text.size()) return cut_off_character(text, at);
    constexpr std::string_view kShort = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    if (const auto found = kShort.find(text[at + 1]); found != std::string_view::npos) return {{kMeant[found]}, 1, 2, false};
    if (text[at + 1] != 'u') return plain_character(text, at);
    if (text.size() < at + 6) return cut_off_character(text, at);
    const auto high = json_unit(text, at);
    if (!high) return plain_character(text, at);
    if ((*high & 0xfc00U) != 0xd800U) return code_point(*high, 6);
    if (text.size() < at + 12 && text.substr(at + 6).find_first_not_of("\\u0123456789abcdefABCDEF") == std::string_view::npos) return cut_off_character(text, at);
    const auto low = json_unit(text, at + 6);
    if (!low || (*low & 0xfc00U) != 0xdc00U) return plain_character(text, at);
    return code_point(0x10000U + ((*high & 0x3ffU) << 10U) + (*low & 0x3ffU), 12);
}

EscapedCharacter html_character(std::string_view text, std::size_t at) {
    if (text[at] != '&') return plain_character(text, at);
    const auto rest = text.substr(at + 1, kLongestEntity);
    const auto end = rest.find(';');
    if (end == std::string_view::npos) return at + 1 + rest.size() == text.size() ? cut_off_character(text, at) : plain_character(text, at);
    const auto name = rest.substr(0, end);
    const auto length = end + 2;
    constexpr std::array<std::pair<std::string_view, char>, 5> kNames{{{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
    const auto* const named = std::find_if(kNames.begin(), kNames.end(), [&](const auto& row) { return row.first == name; });
    if (named != kNames.end()) return {{named->second}, 1, length, false};
    if (!name.starts_with('#')) return plain_character(text, at);
    const bool hexadecimal = name.starts_with("#x") || name.starts_with("#X");
    const auto point = digits_as_number(name.substr(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
    return point && *point <= 0x10ffff ? code_point(*point, length) : plain_character(text, at);
}

}  // namespace

EscapedCharacter character_at(std::string_view text, std::size_t at, Escaping escaping) {
    switch (escaping) {
        case Escaping::none: return plain_character(text, at);
        case Escaping::percent: return percent_character(text, at, 1);
        case Escaping::percent_twice: return percent_character(text, at, 2);
        case Escaping::json: return json_character(text, at);
        case Escaping::html: return html_character(text, at);
    }
    return plain_character(text, at);
}

char first_of_escape(Escaping escaping) {
    switch (escaping) {
        case Escaping::none: return '\0';
        case Escaping::percent:
        case Escaping::percent_twice: return '%';
        case Escaping::json: return '\\';
        case Escaping::html: return '&';
    }
    return '\0';
}

}  // namespace sonde::check

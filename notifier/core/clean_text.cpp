#include "notifier/core/clean_text.h"

#include <cstdint>

namespace sonde::notifier {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Character {
    std::size_t length = 1;  // of the bytes it was read from
    bool valid = false;
    std::uint32_t code = 0;
};

// The character at the front of `bytes`, which is not empty. RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
Character front_character(std::string_view bytes) {
    const auto lead = static_cast<unsigned char>(bytes.front());
    if (lead < 0x80) return {1, true, lead};
    std::size_t length = 0;
    std::uint32_t code = 0;
    std::uint32_t least = 0;
    if ((lead & 0xE0U) == 0xC0) {
        length = 2, code = lead & 0x1FU, least = 0x80;
    } else if ((lead & 0xF0U) == 0xE0) {
        length = 3, code = lead & 0x0FU, least = 0x800;
    } else if ((lead & 0xF8U) == 0xF0) {
        length = 4, code = lead & 0x07U, least = 0x10000;
    } else {
        return {};
    }
    if (bytes.size() < length) return {};
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(bytes[i]);
        if ((next & 0xC0U) != 0x80) return {};
        code = (code << 6U) | (next & 0x3FU);
    }
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
    return {length, true, code};
}

}  // namespace

std::string clean_text(std::string_view bytes, std::size_t max_bytes) {
    std::string text;
    while (!bytes.empty()) {
        const auto next = front_character(bytes);
        const bool control = next.code < 0x20 || (next.code >= 0x7F && next.code < 0xA0);
        const auto piece = !next.valid ? kReplacement : control ? std::string_view{" "} : bytes.substr(0, next.length);
        if (text.size() + piece.size() > max_bytes) break;
        text += piece;
        bytes.remove_prefix(next.length);
    }
    return text;
}

}  // namespace sonde::notifier

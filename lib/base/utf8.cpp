#include "lib/base/utf8.h"

#include <algorithm>

namespace sonde {
namespace {

struct Decoded {
    char32_t character;
    std::size_t bytes;  // 0 if it is none
};

constexpr Decoded kNone{0, 0};

// By the table of well-formed byte sequences in RFC 3629, section 4.
Decoded decode(std::string_view text) {
    if (text.empty()) return kNone;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return kNone;
    char32_t character = lead & (0x7fU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return kNone;
        character = character << 6 | (byte(i) & 0x3fU);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = character >= 0xd800 && character <= 0xdfff;
    if (character < kLeast[bytes] || character > 0x10ffff || surrogate) return kNone;
    return {character, bytes};
}

}  // namespace

std::optional<char32_t> Utf8Cursor::peek() const {
    const auto here = decode(text_.substr(offset_));
    if (here.bytes == 0) return std::nullopt;
    return here.character;
}

std::optional<char32_t> Utf8Cursor::next() {
    const auto here = decode(text_.substr(offset_));
    if (here.bytes == 0) return std::nullopt;
    offset_ += here.bytes;
    return here.character;
}

void append_utf8(std::string& text, char32_t c) {
    const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6);
        put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3f));
        put(0x80 | (c >> 6 & 0x3f));
        put(0x80 | (c & 0x3f));
    }
}

std::size_t count_utf8(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

}  // namespace sonde

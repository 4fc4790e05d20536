// Reading UTF-8 one character (Unicode scalar value) at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sonde {

// Walks over a text it does not own. Stops for good at the first byte that is not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
class Utf8Cursor {
public:
    explicit Utf8Cursor(std::string_view text) : text_(text) {}

    // The character here; nothing at the end and at what is not UTF-8.
    [[nodiscard]] std::optional<char32_t> peek() const;
    std::optional<char32_t> next();

    [[nodiscard]] std::size_t offset() const { return offset_; }
    // Stopped before the end of the text.
    [[nodiscard]] bool broken() const { return offset_ < text_.size() && !peek(); }

private:
    std::string_view text_;
    std::size_t offset_ = 0;
};

// `character` must be a scalar value: at most 0x10ffff and no surrogate.
void append_utf8(std::string& text, char32_t character);

// Characters of a text that is UTF-8.
std::size_t count_utf8(std::string_view text);

}  // namespace sonde

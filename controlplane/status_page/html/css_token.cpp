#include "controlplane/status_page/html/css_token.h"

#include <algorithm>

#include "lib/base/utf8.h"

namespace sonde::status_page::html {
namespace css_token {
namespace {

constexpr char32_t kReplacement = 0xfffd;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_line_end(char c) { return c == '\n' || c == '\r' || c == '\f'; }
bool is_space(char c) { return is_line_end(c) || c == ' ' || c == '\t'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool in_name(char c) { return begins_name(c) || is_digit(c) || c == '-'; }
char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    const char letter = small(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace
}  // namespace css_token

using Kind = CssToken::Kind;

// Section 4.3.8.
bool CssTokens::escape_at(std::size_t ahead) const { return peek(ahead) == '\\' && !css_token::is_line_end(peek(ahead + 1)); }

// Section 4.3.9.
bool CssTokens::name_begins(std::size_t ahead) const {
    if (peek(ahead) == '-') return css_token::begins_name(peek(ahead + 1)) || peek(ahead + 1) == '-' || escape_at(ahead + 1);
    return css_token::begins_name(peek(ahead)) || escape_at(ahead);
}

// Section 4.3.10.
bool CssTokens::number_begins() const {
    const std::size_t sign = peek() == '+' || peek() == '-' ? 1 : 0;
    return css_token::is_digit(peek(sign)) || (peek(sign) == '.' && css_token::is_digit(peek(sign + 1)));
}

// Section 4.3.7; the backslash is here.
void CssTokens::escaped(std::string& into) {
    ++at_;
    if (at_ >= text_.size()) return append_utf8(into, css_token::kReplacement);
    if (css_token::hex_digit(peek()) < 0) {
        Utf8Cursor cursor(text_.substr(at_));
        const auto character = cursor.next().value_or(css_token::kReplacement);
        at_ += std::max<std::size_t>(cursor.offset(), 1);
        return append_utf8(into, character < 0x80 ? static_cast<char32_t>(css_token::small(static_cast<char>(character))) : character);
    }
    char32_t character = 0;
    for (int count = 0; count < 6 && css_token::hex_digit(peek()) >= 0; ++count, ++at_) character = character * 16 + static_cast<char32_t>(css_token::hex_digit(peek()));
    if (peek() == '\r' && peek(1) == '\n') ++at_;
    if (css_token::is_space(peek())) ++at_;
    if (character == 0 || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff)) character = css_token::kReplacement;
    append_utf8(into, character < 0x80 ? static_cast<char32_t>(css_token::small(static_cast<char>(character))) : character);
}

// Section 4.3.11.
std::string CssTokens::name() {
    std::string read;
    for (;;) {
        if (css_token::in_name(peek())) {
            read += css_token::small(text_[at_++]);
        } else if (escape_at(0)) {
            escaped(read);
        } else {
            return read;
        }
    }
}

void CssTokens::digits() {
    while (css_token::is_digit(peek())) ++at_;
}

// Section 4.3.12, and the unit after it.
void CssTokens::number() {
    if (peek() == '+' || peek() == '-') ++at_;
    digits();
    if (peek() == '.' && css_token::is_digit(peek(1))) {
        ++at_;
        digits();
    }
    if (const bool exponent = css_token::small(peek()) == 'e'; exponent) {
        const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
        if (css_token::is_digit(peek(1 + sign))) {
            at_ += 1 + sign;
            digits();
        }
    }
    if (name_begins(0)) {
        name();
    } else if (peek() == '%') {
        ++at_;
    }
}

// Section 4.3.5.
Result<CssToken, CssMistake> CssTokens::string() {
    const auto from = at_;
    const char quote = text_[at_++];
    while (at_ < text_.size()) {
        const char c = text_[at_++];
        if (c == quote) return made(Kind::string, from);
        if (css_token::is_line_end(c)) return CssMistake{from, "a string that does not end on its line"};
        if (c == '\\') at_ += peek() == '\r' && peek(1) == '\n' ? 2 : 1;
    }
    at_ = text_.size();
    return CssMistake{from, "a string without end"};
}

Result<CssToken, CssMistake> CssTokens::comment() {
    const auto from = at_;
    const auto end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) return CssMistake{from, "a comment without end"};
    at_ = end + 2;
    return made(Kind::comment, from);
}

// Section 4.3.1.
Result<CssToken, CssMistake> CssTokens::next() {
    if (at_ >= text_.size()) return CssToken{Kind::end, text_.size(), 0, {}};
    const auto from = at_;
    const char c = peek();
    if (css_token::is_space(c)) {
        while (css_token::is_space(peek())) ++at_;
        return made(Kind::space, from);
    }
    if (c == '/' && peek(1) == '*') return comment();
    if (c == '"' || c == '\'') return string();
    if (number_begins()) {
        number();
        return made(Kind::number, from);
    }
    if (name_begins(0) && text_.substr(at_, 3) != "-->") {
        auto read = name();
        if (peek() != '(') return made(Kind::name, from, std::move(read));
        ++at_;
        return made(Kind::function, from, std::move(read));
    }
    ++at_;
    if (c == '@' && name_begins(0)) {
        auto read = name();
        return made(Kind::at_keyword, from, std::move(read));
    }
    if (c == '#' && (css_token::in_name(peek()) || escape_at(0))) {
        name();
        return made(Kind::hash, from);
    }
    if (c == '(' || c == '[' || c == '{') return made(Kind::open, from);
    if (c == ')' || c == ']' || c == '}') return made(Kind::close, from);
    if (c == '\\') return CssMistake{from, "a backslash before the end of a line"};
    return made(Kind::other, from);
}

}  // namespace sonde::status_page::html

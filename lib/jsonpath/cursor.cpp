#include "lib/jsonpath/cursor.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace sonde::jsonpath {
namespace {

constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;  // RFC 7493, section 2.2

bool is_digit(std::optional<char32_t> c) { return c && *c >= '0' && *c <= '9'; }

bool begins_name(std::optional<char32_t> c) {
    return c && ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_' || *c >= 0x80);
}

// The value of a number in the syntax of JSON. Beyond the doubles it is infinite: larger than any in a document.
Json value_of(const std::string& text) {
    if (text.find_first_of(".eE") == std::string::npos) {
        std::int64_t value = 0;
        const auto end = text.data() + text.size();
        if (const auto read = std::from_chars(text.data(), end, value); read.ec == std::errc{} && read.ptr == end) return value;
        std::uint64_t large = 0;
        if (const auto read = std::from_chars(text.data(), end, large); read.ec == std::errc{} && read.ptr == end) return large;
    }
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    // from_chars leaves what is out of range alone; strtod says on which side of it.
    if (read.ec == std::errc::result_out_of_range) value = std::strtod(text.c_str(), nullptr);
    return value;
}

}  // namespace

bool Cursor::at_end() const {
    if (at_.broken()) refuse("the query is not UTF-8");
    return !at_.peek();
}

std::optional<char32_t> Cursor::next() {
    const auto c = at_.next();
    if (c) ++column_;
    return c;
}

bool Cursor::take(std::string_view token) {
    if (!text_.substr(at_.offset()).starts_with(token)) return false;
    for (std::size_t i = 0; i < token.size(); ++i) next();  // tokens are ASCII
    return true;
}

void Cursor::expect(char32_t c, const char* where) {
    if (!at(c)) refuse(fmt::format("a {} is missing {}", static_cast<char>(c), where));
    next();
}

void Cursor::skip_blanks() {
    while (at(' ') || at('\t') || at('\n') || at('\r')) next();
}

std::string Cursor::digits() {
    std::string out;
    while (is_digit(peek())) out += static_cast<char>(*next());
    if (out.empty()) refuse("a digit is missing");
    return out;
}

std::string Cursor::integer_digits() {
    const int column = column_;
    auto out = digits();
    if (out.size() > 1 && out[0] == '0') refuse_at(column, "a number must not begin with zeros");
    return out;
}

std::int64_t Cursor::integer() {
    const int column = column_;
    const bool negative = take("-");
    const auto text = integer_digits();
    if (negative && text == "0") refuse_at(column, "-0 is not an index");
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || value > kMaxInteger) refuse_at(column, fmt::format("an integer must be from -{0} to {0}", kMaxInteger));
    return negative ? -value : value;
}

Literal Cursor::number() {
    std::string text = take("-") ? "-" : "";
    text += integer_digits();
    if (take(".")) text += "." + digits();
    if (take("e") || take("E")) {
        text += 'e';
        if (take("-")) {
            text += '-';
        } else {
            take("+");
        }
        text += digits();
    }
    return {value_of(text), text};
}

std::string Cursor::string() {
    const int column = column_;
    const char32_t quote = *next();
    std::string out;
    while (true) {
        if (at_end()) refuse_at(column, "a string is not closed");
        const char32_t c = *peek();
        if (c < 0x20) refuse("a control character in a string must be escaped");
        if (c == '\\') {
            append_utf8(out, escape(quote));
            continue;
        }
        next();
        if (c == quote) return out;
        append_utf8(out, c);
    }
}

char32_t Cursor::escape(char32_t quote) {
    const int column = column_;
    next();
    const auto c = next();
    if (c == quote) return quote;
    switch (c.value_or(0)) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case '/': return '/';
        case '\\': return '\\';
        case 'u': break;
        default: refuse_at(column, "not an escape");
    }
    const auto first = hexadecimal();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first >= 0xdc00 || !take("\\u")) refuse_at(column, "half of a surrogate pair");
    const auto second = hexadecimal();
    if (second < 0xdc00 || second > 0xdfff) refuse_at(column, "half of a surrogate pair");
    return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

char32_t Cursor::hexadecimal() {
    char32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        const char32_t c = peek().value_or(0);
        const char32_t lower = c | 0x20;
        if (is_digit(c)) {
            value = value * 16 + (c - '0');
        } else if (c < 0x80 && lower >= 'a' && lower <= 'f') {
            value = value * 16 + (lower - 'a' + 10);
        } else {
            refuse("\\u needs four hexadecimal digits");
        }
        next();
    }
    return value;
}

std::string Cursor::name() {
    std::string out;
    while (begins_name(peek()) || (!out.empty() && is_digit(peek()))) append_utf8(out, *next());
    return out;
}

}  // namespace sonde::jsonpath

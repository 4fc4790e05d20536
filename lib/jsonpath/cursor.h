// Where the parser is in the text of a query: characters, blanks and literals. Internal to lib/jsonpath.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/utf8.h"
#include "lib/jsonpath/path.h"
#include "lib/jsonpath/query.h"

namespace sonde::jsonpath {

// Copy it to look ahead, assign the copy to go there. Throws SyntaxError, which Path::compile catches.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text), at_(text) {}

    [[nodiscard]] std::optional<char32_t> peek() const { return at_.peek(); }
    [[nodiscard]] bool at(char32_t c) const { return at_.peek() == c; }
    // At the end of the text; throws if what stops us is not UTF-8.
    [[nodiscard]] bool at_end() const;
    [[nodiscard]] int column() const { return column_; }

    std::optional<char32_t> next();
    // Moves past `token`, if that is what comes next.
    bool take(std::string_view token);
    void expect(char32_t c, const char* where);
    void skip_blanks();

    // `int`, within the range of I-JSON.
    std::int64_t integer();
    Literal number();
    // In either kind of quotes; the cursor is at the first.
    std::string string();
    // `member-name-shorthand`; empty if there is none here.
    std::string name();

    [[noreturn]] void refuse(std::string message) const { refuse_at(column_, std::move(message)); }
    [[noreturn]] static void refuse_at(int column, std::string message) { throw SyntaxError{column, std::move(message)}; }

private:
    std::string digits();
    std::string integer_digits();
    char32_t escape(char32_t quote);
    char32_t hexadecimal();

    std::string_view text_;
    Utf8Cursor at_;
    int column_ = 1;
};

}  // namespace sonde::jsonpath

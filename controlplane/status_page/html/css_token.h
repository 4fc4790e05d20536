// Tokens of CSS as browsers see them (CSS Syntax Level 3, section 4), as far as `clean_css` needs them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace sonde::status_page::html {

struct CssToken {
    enum class Kind : unsigned char { end, space, comment, name, function, at_keyword, hash, string, number, open, close, other };
    Kind kind = Kind::end;
    std::size_t at = 0;    // where it begins, and
    std::size_t size = 0;  // how many bytes it has
    std::string name;      // of a name, a function and an at-keyword: its escapes read, ASCII letters small
};

// Where the text is broken, and how.
struct CssMistake {
    std::size_t at = 0;
    std::string what;
};

// Walks over a text that it does not own, and which must be UTF-8 without control characters but for tabs and ends of lines. `url(` is a function here, whatever follows: no
// one who reads on may rely on what comes after it.
class CssTokens {
public:
    explicit CssTokens(std::string_view text) : text_(text) {}

    // The next one; `end` for ever at the end.
    Result<CssToken, CssMistake> next();

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    [[nodiscard]] bool escape_at(std::size_t ahead) const;
    [[nodiscard]] bool name_begins(std::size_t ahead) const;
    [[nodiscard]] bool number_begins() const;
    [[nodiscard]] CssToken made(CssToken::Kind kind, std::size_t from, std::string name = {}) const { return {kind, from, at_ - from, std::move(name)}; }

    std::string name();
    void escaped(std::string& into);
    void digits();
    void number();
    Result<CssToken, CssMistake> string();
    Result<CssToken, CssMistake> comment();

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace sonde::status_page::html

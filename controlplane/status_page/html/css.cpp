#include "controlplane/status_page/html/css.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "controlplane/status_page/html/css_token.h"
#include "lib/base/utf8.h"

namespace sonde::status_page::html {
namespace {

using Kind = CssToken::Kind;

// Without the prefix of a browser's maker, as `-webkit-image-set`.
constexpr std::array<std::string_view, 9> kFunctions{"url", "url-prefix", "src", "image", "image-set", "element", "expression", "paint", "cross-fade"};
constexpr std::array<std::string_view, 3> kNames{"behavior", "binding", "progid"};
constexpr std::array<std::string_view, 6> kRules{"media", "supports", "container", "layer", "page", "keyframes"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, std::string_view name) {
    if (name.starts_with('-') && !name.starts_with("--")) name.remove_prefix(std::min(name.find('-', 1), name.size() - 1) + 1);
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Shown in an error: a name may be as long as the text.
std::string_view shortened(std::string_view name) { return name.substr(0, 40); }

std::string place(std::string_view text, std::size_t at) {
    const auto before = text.substr(0, at);
    const auto start = before.rfind('\n');
    return fmt::format("line {}, column {}", std::count(before.begin(), before.end(), '\n') + 1, start == std::string_view::npos ? at + 1 : at - start);
}

std::optional<CssMistake> unreadable(std::string_view text) {
    Utf8Cursor cursor(text);
    for (auto at = cursor.offset(); const auto character = cursor.next(); at = cursor.offset()) {
        if ((*character < 0x20 && *character != '\n' && *character != '\r' && *character != '\t') || *character == 0x7f) return CssMistake{at, "a control character"};
    }
    if (cursor.broken()) return CssMistake{cursor.offset(), "what is not UTF-8"};
    return std::nullopt;
}

char partner(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

// Holds tokens to what may be there.
class Inspector {
public:
    explicit Inspector(std::string_view text) : text_(text) {}

    std::optional<CssMistake> look_at(const CssToken& token) {
        const auto raw = text_.substr(token.at, token.size);
        // What follows a lone `<` is looked at with it: HTML does not know of tokens.
        for (auto at = raw.find('<'); at != std::string_view::npos; at = raw.find('<', at + 1)) {
            const auto next = text_.substr(token.at + at + 1, 1);
            if (next == "/" || next == "!" || next == "?") return CssMistake{token.at + at, fmt::format("\"<{}\" is not allowed", next)};
        }
        switch (token.kind) {
            case Kind::function:
                if (among(kFunctions, token.name)) return CssMistake{token.at, fmt::format("{}() is not allowed", shortened(token.name))};
                return opened('(', token.at);
            case Kind::at_keyword:
                if (!among(kRules, token.name)) return CssMistake{token.at, fmt::format("@{} is not allowed", shortened(token.name))};
                return std::nullopt;
            case Kind::name:
                if (among(kNames, token.name)) return CssMistake{token.at, fmt::format("\"{}\" is not allowed", shortened(token.name))};
                return std::nullopt;
            case Kind::open: return opened(raw.front(), token.at);
            case Kind::close: return closed(raw.front(), token.at);
            default: return std::nullopt;
        }
    }

    [[nodiscard]] std::optional<CssMistake> at_end() const {
        if (open_.empty()) return std::nullopt;
        return CssMistake{open_.back().at, fmt::format("\"{}\" is never closed", open_.back().bracket)};
    }

private:
    struct Open {
        char bracket;
        std::size_t at;
    };

    std::optional<CssMistake> opened(char bracket, std::size_t at) {
        if (open_.size() == kMaxCssDepth) return CssMistake{at, fmt::format("more than {} brackets in each other", kMaxCssDepth)};
        open_.push_back({bracket, at});
        return std::nullopt;
    }

    std::optional<CssMistake> closed(char bracket, std::size_t at) {
        if (open_.empty() || partner(open_.back().bracket) != bracket) return CssMistake{at, fmt::format("\"{}\" closes nothing", bracket)};
        open_.pop_back();
        return std::nullopt;
    }

    std::string_view text_;
    std::vector<Open> open_;
};

Result<std::string, CssMistake> cleaned(std::string_view text) {
    if (const auto mistake = unreadable(text)) return *mistake;
    CssTokens tokens(text);
    Inspector inspector(text);
    std::string clean;
    for (;;) {
        const auto token = tokens.next();
        if (!token) return token.error();
        if (token->kind == Kind::end) break;
        if (token->kind == Kind::comment) {
            clean += "/**/";  // without it, what is on both sides could become one token
            continue;
        }
        if (const auto mistake = inspector.look_at(*token)) return *mistake;
        clean += text.substr(token->at, token->size);
    }
    if (const auto mistake = inspector.at_end()) return *mistake;
    return clean;
}

}  // namespace

Result<std::string> clean_css(std::string_view text) {
    if (text.size() > kMaxCssBytes) return Error{fmt::format("longer than {} bytes", kMaxCssBytes)};
    auto clean = cleaned(text);
    if (!clean) return Error{fmt::format("{}: {}", place(text, clean.error().at), clean.error().what)};
    return std::move(*clean);
}

}  // namespace sonde::status_page::html

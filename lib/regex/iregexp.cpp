#include "lib/regex/iregexp.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/base/utf8.h"

namespace sonde::regex {
namespace {

using Kind = IregexpError::Kind;

// What RE2 repeats at most, and far more than anybody means.
constexpr unsigned kMaxRepeat = 1000;

constexpr std::string_view kNotOther = R"(\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z})";
constexpr std::string_view kAssigned = R"(\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\p{Cc}\p{Cf}\p{Co}\p{Cs})";

// One character, as RE2 takes it inside a class and outside.
std::string literal(char32_t c) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return plain ? std::string(1, static_cast<char>(c)) : fmt::format("\\x{{{:x}}}", static_cast<std::uint32_t>(c));
}

// Reads by the grammar of section 3 and writes as it goes. Groups nest without recursion: `open_` counts them.
class Translation {
public:
    explicit Translation(std::string_view text) : in_(text) {}

    std::string run() {
        while (const auto c = in_.peek()) {
            at_ = in_.offset();
            in_.next();
            switch (*c) {
                case '(':
                    ++open_;
                    out_ += "(?:";
                    repeatable_ = false;
                    continue;
                case '|':
                    out_ += '|';
                    repeatable_ = false;
                    continue;
                case ')':
                    if (open_ == 0) refuse("a ) that closes nothing");
                    --open_;
                    out_ += ')';
                    break;
                case '*':
                case '+':
                case '?':
                case '{': quantifier(*c); continue;
                case '[': expression_class(); break;
                case '\\': escape_outside(); break;
                case '.': out_ += R"([^\n\r])"; break;
                case ']':
                case '}': refuse(fmt::format("a {} must be escaped", static_cast<char>(*c)));
                case '^':
                case '$': out_ += fmt::format("(?:{})", static_cast<char>(*c)); break;
                default: out_ += literal(*c); break;
            }
            repeatable_ = true;
        }
        at_ = in_.offset();
        if (in_.broken()) refuse("not UTF-8");
        if (open_ > 0) refuse("a ( that is not closed");
        return std::move(out_);
    }

private:
    // One of a class's members: a character, from which a range may begin, or a category.
    struct Member {
        std::optional<char32_t> character;
        std::string set;
    };

    [[noreturn]] void refuse(std::string message, Kind kind = Kind::not_iregexp) const {
        throw IregexpError{kind, at_, std::move(message)};
    }

    bool take(char32_t wanted) {
        if (in_.peek() != wanted) return false;
        in_.next();
        return true;
    }

    void quantifier(char32_t c) {
        if (!repeatable_) refuse(fmt::format("a {} that repeats nothing", static_cast<char>(c)));
        repeatable_ = false;  // one quantifier a piece
        if (c != '{') {
            out_ += static_cast<char>(c);
            return;
        }
        const auto least = count();
        out_ += fmt::format("{{{}", least);
        if (take(',')) {
            out_ += ',';
            if (in_.peek() != U'}') {
                const auto most = count();
                if (most < least) refuse("a repetition from more to fewer");
                out_ += fmt::format("{}", most);
            }
        }
        if (!take('}')) refuse("a repetition that is not closed");
        out_ += '}';
    }

    unsigned count() {
        unsigned value = 0;
        bool any = false;
        for (auto c = in_.peek(); c && *c >= '0' && *c <= '9'; c = in_.peek()) {
            value = std::min(value * 10 + static_cast<unsigned>(*c - '0'), kMaxRepeat + 1);
            any = true;
            in_.next();
        }
        if (!any) refuse("a repetition without a number");
        if (value > kMaxRepeat) refuse(fmt::format("a repetition of more than {}", kMaxRepeat), Kind::beyond_us);
        return value;
    }

    void escape_outside() {
        const auto member = escape();
        if (member.character) {
            out_ += literal(*member.character);
        } else if (!member.set.empty()) {
            out_ += "[" + member.set + "]";
        } else {
            out_ += complement_;
        }
    }

    // After the backslash. A category without a set in RE2 leaves both of Member's empty and its expression in `complement_`.
    Member escape() {
        const auto c = in_.next();
        if (!c) refuse("a \\ at the end");
        switch (*c) {
            case 'n': return {U'\n', {}};
            case 'r': return {U'\r', {}};
            case 't': return {U'\t', {}};
            case 'p':
            case 'P': return category(*c == 'P');
            default: break;
        }
        constexpr std::u32string_view kEscapable = U"()*+-.?[\\]^{|}";
        if (kEscapable.find(*c) == std::u32string_view::npos) refuse("an escape that is not one");
        return {*c, {}};
    }

    Member category(bool negated) {
        std::string name;
        if (!take('{')) refuse("a category without {");
        while (!take('}')) {
            const auto c = in_.next();
            if (!c) refuse("a category that is not closed");
            if (name.size() == 2 || *c > 'z') refuse("a category that is not one");
            name += static_cast<char>(*c);
        }
        constexpr std::string_view kSecond[] = {"Llmotu", "Mcen", "Ndlo", "Pcdefios", "Zlps", "Sckmo", "Ccfno"};
        const auto known = [&](std::string_view group) {
            return !name.empty() && name[0] == group[0] && (name.size() == 1 || group.find(name[1], 1) != std::string_view::npos);
        };
        if (std::none_of(std::begin(kSecond), std::end(kSecond), known)) refuse("a category that is not one");
        // RE2's \p{C} lacks the unassigned characters, and it has no \p{Cn}: both are what the others leave over.
        if (name == "C" || name == "Cn") {
            const auto others = name == "C" ? kNotOther : kAssigned;
            if (negated) return {std::nullopt, std::string{others}};
            complement_ = fmt::format("[^{}]", others);
            return {};
        }
        return {std::nullopt, fmt::format("\\{}{{{}}}", negated ? 'P' : 'p', name)};
    }

    // After the [.
    void expression_class() {
        const auto begin = at_;
        const bool negated = take('^');
        std::string set;
        std::vector<std::string> complements;
        bool first = true;
        while (true) {
            const auto c = in_.peek();
            if (!c) {
                at_ = in_.broken() ? in_.offset() : begin;
                refuse(in_.broken() ? "not UTF-8" : "a [ that is not closed");
            }
            if (*c == ']') {
                if (first) refuse("an empty class");
                in_.next();
                break;
            }
            if (*c == '-') {
                in_.next();
                // At the beginning or the end it stands for itself.
                if (!first && in_.peek() != U']') refuse("a - in a class must be escaped, or first or last");
                set += literal('-');
            } else {
                const auto from = member();
                if (!from.character) {
                    set += from.set;
                    if (from.set.empty()) complements.push_back(complement_);
                } else {
                    set += literal(*from.character);
                    range(*from.character, set);
                }
            }
            first = false;
        }
        if (complements.empty()) {
            out_ += fmt::format("[{}{}]", negated ? "^" : "", set);
            return;
        }
        if (negated) refuse("a negated class with \\p{C} or \\p{Cn}", Kind::beyond_us);
        out_ += "(?:";
        if (!set.empty()) out_ += fmt::format("[{}]|", set);
        for (const auto& one : complements) out_ += (&one == &complements.front() ? "" : "|") + one;
        out_ += ')';
    }

    Member member() {
        at_ = in_.offset();
        const auto c = *in_.next();
        if (c == '[') refuse("a [ in a class must be escaped");
        if (c == '\\') return escape();
        return {c, {}};
    }

    // What may follow a character in a class: `-` and the last one of a range, unless the `-` is the last of the class.
    void range(char32_t from, std::string& set) {
        if (in_.peek() != U'-') return;
        auto ahead = in_;
        ahead.next();
        if (ahead.peek() == U']') return;
        in_ = ahead;
        if (!in_.peek()) refuse("a [ that is not closed");
        if (in_.peek() == U'-') refuse("a - in a class must be escaped, or first or last");
        const auto to = member();
        if (!to.character) refuse("a range that ends in a category");
        if (*to.character < from) refuse("a range from later to earlier");
        set += "-" + literal(*to.character);
    }

    Utf8Cursor in_;
    std::size_t at_ = 0;  // where what is being read begins
    std::string out_;
    std::string complement_;
    int open_ = 0;
    bool repeatable_ = false;
};

}  // namespace

Result<std::string, IregexpError> translate_iregexp(std::string_view text) {
    if (text.size() > kMaxPatternBytes) return IregexpError{Kind::beyond_us, 0, fmt::format("longer than {} bytes", kMaxPatternBytes)};
    try {
        return Translation{text}.run();
    } catch (const IregexpError& error) {
        return error;
    }
}

Result<Pattern, IregexpError> compile_iregexp(std::string_view text) {
    auto translated = translate_iregexp(text);
    if (!translated) return translated.error();
    auto compiled = compile_translated(*translated);
    // What the grammar let pass fails for its size alone: too many repetitions of repetitions, or groups in groups.
    if (!compiled) return IregexpError{Kind::beyond_us, 0, "too large: " + compiled.error().message};
    return *std::move(compiled);
}

}  // namespace sonde::regex

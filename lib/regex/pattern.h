// Regular expressions that take time linear in the text, whatever the pattern: RE2. Nothing here backtracks.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace re2 {
class RE2;
}

namespace sonde::regex {

constexpr std::size_t kMaxPatternBytes = 1024;

// A compiled pattern in RE2's syntax over UTF-8, case-sensitive. Immutable, cheap to copy, and safe to use from several threads.
//
// A text costs at most its bytes times `size()` small steps (some nanoseconds each); most patterns cost one step a byte.
// Compiling is bounded by memory: a pattern whose automaton does not fit is refused.
class Pattern {
public:
    // Refuses more than kMaxPatternBytes, bad syntax, invalid UTF-8, and what would need too much memory (nested repetition). The
    // error may follow the name of the field: `is not a regular expression, at column 3: missing ): (a`, with the column in characters,
    // from 1, where it is known.
    static Result<Pattern> compile(std::string_view pattern);

    // Somewhere in `text`. Never in a text that is not UTF-8 where the pattern asks for characters it does not have.
    [[nodiscard]] bool contains(std::string_view text) const;
    // All of `text`.
    [[nodiscard]] bool matches(std::string_view text) const;

    // Instructions of the automaton, at least 1.
    [[nodiscard]] std::size_t size() const;

private:
    friend Result<Pattern> compile_translated(const std::string& pattern);
    explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

    std::shared_ptr<const re2::RE2> compiled_;
};

// As Pattern::compile, for what iregexp.h made of a pattern of legal length and which is longer than that. Error: RE2's words.
Result<Pattern> compile_translated(const std::string& pattern);

}  // namespace sonde::regex

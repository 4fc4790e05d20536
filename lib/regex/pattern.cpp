#include "lib/regex/pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace sonde::regex {
namespace {

// Of one pattern: two thirds for its program, the rest for the automaton built while matching.
constexpr std::int64_t kMaxMemory = 1 << 20;

RE2::Options options() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingUTF8);
    options.set_max_mem(kMaxMemory);
    options.set_log_errors(false);
    return options;
}

// A ) too many stays one whatever follows, so halving finds the shortest beginning that has it.
std::size_t unexpected_paren(std::string_view pattern) {
    std::size_t fine = 0;
    std::size_t bad = pattern.size();
    while (bad - fine > 1) {
        const auto middle = (fine + bad) / 2;
        const RE2 beginning(re2::StringPiece{pattern.data(), middle}, options());
        (beginning.error_code() == RE2::ErrorUnexpectedParen ? bad : fine) = middle;
    }
    return bad - 1;
}

// In bytes; npos if RE2 does not say. Its words for a mistake quote the pattern from there on, but for parentheses.
std::size_t offset_of(const RE2& broken, std::string_view pattern) {
    switch (broken.error_code()) {
        case RE2::ErrorMissingParen: return pattern.size();
        case RE2::ErrorUnexpectedParen: return unexpected_paren(pattern);
        case RE2::ErrorTrailingBackslash: return pattern.size() - 1;
        case RE2::ErrorMissingBracket: return pattern.size() - std::min(broken.error_arg().size(), pattern.size());
        default: return broken.error_arg().empty() ? std::string_view::npos : pattern.find(broken.error_arg());
    }
}

std::string position(std::size_t offset, std::string_view pattern) {
    if (offset == std::string_view::npos) return "";
    const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    return fmt::format(", at column {}", 1 + std::count_if(pattern.begin(), pattern.begin() + static_cast<std::ptrdiff_t>(offset), is_first_byte));
}

}  // namespace

Result<Pattern> compile_translated(const std::string& pattern) {
    auto compiled = std::make_shared<const RE2>(pattern, options());
    if (!compiled->ok()) return Error{compiled->error()};
    return Pattern{std::move(compiled)};
}

Result<Pattern> Pattern::compile(std::string_view pattern) {
    if (pattern.size() > kMaxPatternBytes) return Error{fmt::format("is longer than {} bytes", kMaxPatternBytes)};
    auto compiled = std::make_shared<const RE2>(re2::StringPiece{pattern.data(), pattern.size()}, options());
    if (!compiled->ok()) {
        return Error{fmt::format("is not a regular expression{}: {}", position(offset_of(*compiled, pattern), pattern), compiled->error())};
    }
    return Pattern{std::move(compiled)};
}

bool Pattern::contains(std::string_view text) const { return RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *compiled_); }

bool Pattern::matches(std::string_view text) const { return RE2::FullMatch(re2::StringPiece{text.data(), text.size()}, *compiled_); }

std::size_t Pattern::size() const { return static_cast<std::size_t>(std::max(compiled_->ProgramSize(), 1)); }

}  // namespace sonde::regex

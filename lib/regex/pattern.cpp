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

}  // namespace

Result<Pattern> compile_translated(const std::string& pattern) {
    auto compiled = std::make_shared<const RE2>(pattern, options());
    if (!compiled->ok()) return Error{compiled->error()};
    return Pattern{std::move(compiled)};
}

Result<Pattern> Pattern::compile(std::string_view pattern) {
    if (pattern.size() > kMaxPatternBytes) return Error{fmt::format("is longer than {} bytes", kMaxPatternBytes)};
    auto compiled = compile_translated(std::string{pattern});
    if (!compiled) return Error{"is not a regular expression: " + compiled.error().message};
    return compiled;
}

bool Pattern::contains(std::string_view text) const { return RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *compiled_); }

bool Pattern::matches(std::string_view text) const { return RE2::FullMatch(re2::StringPiece{text.data(), text.size()}, *compiled_); }

std::size_t Pattern::size() const { return static_cast<std::size_t>(std::max(compiled_->ProgramSize(), 1)); }

}  // namespace sonde::regex

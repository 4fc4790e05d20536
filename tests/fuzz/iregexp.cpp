// The first line is the pattern, the rest a text.
#include <string>

#include "lib/regex/iregexp.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(iregexp) {
    const auto input = fuzz::text(data, size);
    const auto line = input.find('\n');
    const auto pattern = input.substr(0, line);
    const auto text = line == std::string_view::npos ? std::string_view{} : input.substr(line + 1);
    (void)regex::Pattern::compile(pattern);
    const auto translated = regex::translate_iregexp(pattern);
    if (!translated) {
        fuzz::require(translated.error().offset <= pattern.size(), "a mistake is somewhere in the pattern");
        return 0;
    }
    const auto compiled = regex::compile_iregexp(pattern);
    if (!compiled) {
        const auto& why = compiled.error().message;
        const auto is = [&](const char* what) { return why.find(what) != std::string::npos; };
        const bool size_alone = is("invalid repetition size") || is("pattern too large") || is("nesting depth");
        fuzz::require(size_alone, "what the grammar takes fails for its size alone");
        return 0;
    }
    fuzz::require(!compiled->matches(text) || compiled->contains(text), "what matches all of a text is contained in it");
    return 0;
}

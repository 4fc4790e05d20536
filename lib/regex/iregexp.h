// I-Regexp (RFC 9485), the interoperable regular expressions of JSONPath: a check of its grammar and a translation to RE2.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/base/result.h"
#include "lib/regex/pattern.h"

namespace sonde::regex {

struct IregexpError {
    enum class Kind {
        not_iregexp,  // RFC 9485 does not allow it: nobody can match it
        beyond_us,    // it is an I-Regexp, but longer or larger than we take, or one we cannot express
    };
    Kind kind;
    std::size_t offset;   // in bytes, of what is wrong
    std::string message;  // for people
};

// The pattern of RE2 that matches the same. `.` is every character but line feed and carriage return. An unescaped `^` and `$` outside of a class
// stay the anchors they are in every engine that section 5 of the RFC maps to. Pure.
//
// Beyond us, among valid ones: a negated class that contains \p{C} or \p{Cn}, which RE2 has no set for.
Result<std::string, IregexpError> translate_iregexp(std::string_view text);

// The same, compiled. `Pattern::matches` is the RFC's matching; `contains` is for JSONPath's search().
Result<Pattern, IregexpError> compile_iregexp(std::string_view text);

}  // namespace sonde::regex

template <>
struct sonde::EnumNames<sonde::regex::IregexpError::Kind> {
    static constexpr std::array<std::string_view, 2> names{"not_iregexp", "beyond_us"};
};

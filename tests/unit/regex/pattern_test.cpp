#include <doctest/doctest.h>

#include "lib/regex/pattern.h"

namespace pattern_test {

using sonde::regex::Pattern;

TEST_CASE("a pattern is found somewhere in a text, or is all of it") {
    const auto pattern = *Pattern::compile("b+");
    CHECK(pattern.contains("abbc"));
    CHECK_FALSE(pattern.contains("aBc"));
    CHECK(pattern.matches("bb"));
    CHECK_FALSE(pattern.matches("abb"));
    CHECK(Pattern::compile("a|ab")->matches("ab"));
    CHECK(Pattern::compile("")->contains(""));
}

TEST_CASE("patterns are RE2's, over characters and not bytes") {
    CHECK(Pattern::compile(R"((?i)status:\s+ok\b)")->contains("Status:  OK."));
    CHECK(Pattern::compile("^.$")->contains("ж"));
    CHECK(Pattern::compile("^[а-я]+$")->contains("привет"));
    CHECK(Pattern::compile(R"(\p{Greek})")->contains("aβ"));
    CHECK(Pattern::compile("(?m)^b$")->contains("a\nb\nc"));
    CHECK_FALSE(Pattern::compile("^b$")->contains("a\nb\nc"));
    CHECK_FALSE(Pattern::compile("^.$")->contains("\xff"));
    CHECK(Pattern::compile("b")->contains(std::string_view{"a\0b", 3}));
}

TEST_CASE("what is not a pattern is refused, with the reason") {
    const auto refusal = [](std::string_view text) {
        const auto pattern = Pattern::compile(text);
        return pattern ? std::string{} : pattern.error().message;
    };
    CHECK(refusal("(a") == "is not a regular expression, at column 3: missing ): (a");
    CHECK(refusal("a**") == "is not a regular expression, at column 2: bad repetition operator: **");
    CHECK(refusal("[b-a]") == "is not a regular expression, at column 2: invalid character class range: b-a");
    CHECK(refusal("\xc3\xa9(x))y") == "is not a regular expression, at column 5: unexpected ): \xc3\xa9(x))y");
    CHECK(refusal(")") == "is not a regular expression, at column 1: unexpected ): )");
    CHECK(refusal("[a][b") == "is not a regular expression, at column 4: missing ]: [b");
    CHECK(refusal("ab\\") == "is not a regular expression, at column 3: trailing \\");
    CHECK(refusal(R"((a)\1)").starts_with("is not a regular expression, at column 4: invalid escape sequence"));
    CHECK(refusal("(?=a)").starts_with("is not a regular expression, at column 1:"));
    CHECK(refusal("\xff") == "is not a regular expression: invalid UTF-8");
}

TEST_CASE("patterns are bounded in length and in the memory they would take") {
    CHECK(Pattern::compile(std::string(sonde::regex::kMaxPatternBytes, 'a')).ok());
    CHECK(Pattern::compile(std::string(sonde::regex::kMaxPatternBytes + 1, 'a')).error().message == "is longer than 1024 bytes");
    CHECK_FALSE(Pattern::compile("a{1001}").ok());
    CHECK_FALSE(Pattern::compile("((a{100}){100}){100}").ok());
    std::string classes;
    for (int i = 0; i < 40; ++i) classes += R"(\pL{100})";
    CHECK_FALSE(Pattern::compile(classes).ok());
}

TEST_CASE("what is catastrophic for others is not for these") {
    const auto pattern = *Pattern::compile("^(a+)+$|(x+x+)+y");
    CHECK_FALSE(pattern.contains(std::string(100'000, 'a') + "!"));
    CHECK_FALSE(pattern.contains(std::string(100'000, 'x')));
    CHECK(pattern.size() > 4);
    CHECK(Pattern::compile("a{500}")->size() > pattern.size());
}

}  // namespace pattern_test

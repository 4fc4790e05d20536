#include <doctest/doctest.h>

#include <vector>

#include "lib/regex/iregexp.h"

namespace iregexp_test {

using namespace sonde::regex;
using Kind = IregexpError::Kind;

namespace {

bool matches(std::string_view pattern, std::string_view text) {
    const auto compiled = compile_iregexp(pattern);
    REQUIRE_MESSAGE(compiled.ok(), pattern);
    return compiled->matches(text);
}

// `offset: message`; empty if it is one.
std::string refusal(std::string_view pattern) {
    const auto compiled = compile_iregexp(pattern);
    if (compiled) return {};
    CHECK(compiled.error().kind == Kind::not_iregexp);
    return std::to_string(compiled.error().offset) + ": " + compiled.error().message;
}

struct Match {
    const char* pattern;
    std::vector<const char*> yes;
    std::vector<const char*> no;
};

}  // namespace

TEST_CASE("I-Regexps match what the RFC says") {
    const std::vector<Match> table{
        {"", {""}, {"a"}},
        {"abc", {"abc"}, {"", "ab", "abcd", "ABC"}},
        {"a.c", {"abc", "aжc", "a𝄞c", "a\u2028c"}, {"ac", "a\nc", "a\rc", "abbc"}},
        {"a*", {"", "a", "aaa"}, {"b"}},
        {"a+", {"a", "aa"}, {""}},
        {"a?b", {"b", "ab"}, {"aab"}},
        {"a{2}", {"aa"}, {"a", "aaa"}},
        {"a{2,}", {"aa", "aaaa"}, {"a"}},
        {"a{0,2}", {"", "a", "aa"}, {"aaa"}},
        {"a{02}", {"aa"}, {"a"}},
        {"a|bc|", {"a", "bc", ""}, {"b", "abc"}},
        {"(ab)+c", {"abc", "ababc"}, {"c"}},
        {"((a|b)c)*", {"", "acbc"}, {"ab"}},
        {"()", {""}, {"a"}},
        {"(a|)b", {"ab", "b"}, {"a"}},
        {"[abc]", {"a", "c"}, {"d", "ab", ""}},
        {"[a-c0]", {"b", "0"}, {"d", "1"}},
        {"[^a-c]", {"d", "ж", "\n"}, {"a", ""}},
        {"[-a]", {"-", "a"}, {"b"}},
        {"[a-]", {"-", "a"}, {"b"}},
        {"[-]", {"-"}, {"a"}},
        {"[^-]", {"a"}, {"-"}},
        {"[a-c-]", {"b", "-"}, {"d"}},
        {"[.*+?(){}|$]", {".", "*", "(", "|", "$"}, {"a", "\\"}},
        {"[a^]", {"a", "^"}, {"b"}},
        {R"([\^a])", {"^", "a"}, {"b"}},
        {R"([\]\[\\\-])", {"]", "[", "\\", "-"}, {"a"}},
        {R"([\t-\r])", {"\t", "\n", "\r"}, {" "}},
        {R"(\(\)\*\+\-\.\?\[\\\]\^\{\|\})", {R"(()*+-.?[\]^{|})"}, {""}},
        {R"(\n\r\t)", {"\n\r\t"}, {"nrt"}},
        {R"(\p{L}+)", {"aЖβ"}, {"a1", ""}},
        {R"(\p{Lu})", {"A", "Ж"}, {"a", "1"}},
        {R"(\P{Lu})", {"a", "1"}, {"A", "Ж"}},
        {R"(\p{Nd}\p{Sc}\p{Zs}\p{Pd}\p{Mn})", {"1€ -\u0301"}, {"1€ - "}},
        {R"([\p{L}\p{Nd}_]+)", {"aЖ_1"}, {"a-"}},
        {R"([^\p{L}])", {"1"}, {"a"}},
        {R"([^\P{L}])", {"a"}, {"1"}},
        {"-,:;<=>@#%&_~`'\"/!", {"-,:;<=>@#%&_~`'\"/!"}, {""}},
        {"жЖ[α-ω]", {"жЖβ"}, {"жЖb"}},
        {"^a$", {"a"}, {"^a$"}},
        {"a b\tc", {"a b\tc"}, {"abc"}},
    };
    for (const auto& row : table) {
        CAPTURE(row.pattern);
        for (const auto* text : row.yes) {
            CAPTURE(text);
            CHECK(matches(row.pattern, text));
        }
        for (const auto* text : row.no) {
            CAPTURE(text);
            CHECK_FALSE(matches(row.pattern, text));
        }
    }
}

TEST_CASE("the category of others has the characters that are not assigned") {
    constexpr auto kUnassigned = "\u0378";
    CHECK(matches(R"(\p{Cc})", "\x01"));
    CHECK(matches(R"(\p{C})", "\x01"));
    CHECK(matches(R"(\p{C})", kUnassigned));
    CHECK(matches(R"(\p{Cn})", kUnassigned));
    CHECK_FALSE(matches(R"(\p{Cn})", "\x01"));
    CHECK_FALSE(matches(R"(\p{Cn})", "a"));
    CHECK(matches(R"(\P{Cn})", "\x01"));
    CHECK_FALSE(matches(R"(\P{Cn})", kUnassigned));
    CHECK(matches(R"(\P{C})", "a"));
    CHECK_FALSE(matches(R"(\P{C})", kUnassigned));
    CHECK(matches(R"([a\p{Cn}\p{C}])", "a"));
    CHECK(matches(R"([a\p{Cn}\p{C}]+)", "\u0378\x01\u0378"));
    CHECK_FALSE(matches(R"([a\p{Cn}])", "b"));
    CHECK(matches(R"([^\P{Cn}])", kUnassigned));
    CHECK(matches(R"([a\P{C}])", "b"));
}

TEST_CASE("search looks anywhere in the text") {
    CHECK(compile_iregexp("b.d")->contains("abcde"));
    CHECK_FALSE(compile_iregexp("^b")->contains("ab"));
    CHECK(compile_iregexp("b$")->contains("ab"));
}

TEST_CASE("what other engines take and I-Regexp does not is refused") {
    const std::vector<std::pair<const char*, const char*>> table{
        {"(", "1: a ( that is not closed"},
        {")", "0: a ) that closes nothing"},
        {"a)", "1: a ) that closes nothing"},
        {"((a)", "4: a ( that is not closed"},
        {"*a", "0: a * that repeats nothing"},
        {"|*", "1: a * that repeats nothing"},
        {"(+)", "1: a + that repeats nothing"},
        {"a**", "2: a * that repeats nothing"},
        {"a+?", "2: a ? that repeats nothing"},
        {"a{2}{3}", "4: a { that repeats nothing"},
        {"{2}", "0: a { that repeats nothing"},
        {"a{}", "1: a repetition without a number"},
        {"a{,2}", "1: a repetition without a number"},
        {"a{2,1}", "1: a repetition from more to fewer"},
        {"a{2", "1: a repetition that is not closed"},
        {"a{2,3", "1: a repetition that is not closed"},
        {"a{x}", "1: a repetition without a number"},
        {"a}", "1: a } must be escaped"},
        {"]", "0: a ] must be escaped"},
        {"(?:a)", "1: a ? that repeats nothing"},
        {"(?=a)", "1: a ? that repeats nothing"},
        {"(?i)a", "1: a ? that repeats nothing"},
        {R"(\d)", "0: an escape that is not one"},
        {R"(\w)", "0: an escape that is not one"},
        {R"(\b)", "0: an escape that is not one"},
        {R"(\1)", "0: an escape that is not one"},
        {R"(\$)", "0: an escape that is not one"},
        {R"(\/)", "0: an escape that is not one"},
        {R"(\x41)", "0: an escape that is not one"},
        {R"(\u0041)", "0: an escape that is not one"},
        {"a\\", "1: a \\ at the end"},
        {R"(\pL)", "0: a category without {"},
        {R"(\p{})", "0: a category that is not one"},
        {R"(\p{X})", "0: a category that is not one"},
        {R"(\p{Lx})", "0: a category that is not one"},
        {R"(\p{Latin})", "0: a category that is not one"},
        {R"(\p{IsBasicLatin})", "0: a category that is not one"},
        {R"(\p{^L})", "0: a category that is not one"},
        {R"(\p{Cs})", "0: a category that is not one"},
        {R"(\p{LL})", "0: a category that is not one"},
        {R"(\p{L)", "0: a category that is not closed"},
        {"[]", "0: an empty class"},
        {"[^]", "0: an empty class"},
        {"[]a]", "0: an empty class"},
        {"[a", "0: a [ that is not closed"},
        {"[a-", "1: a [ that is not closed"},
        {"[[a]]", "1: a [ in a class must be escaped"},
        {"[[:alpha:]]", "1: a [ in a class must be escaped"},
        {"[b-a]", "3: a range from later to earlier"},
        {"[a--]", "1: a - in a class must be escaped, or first or last"},
        {"[a-c-e]", "3: a - in a class must be escaped, or first or last"},
        {R"([a-\p{L}])", "3: a range that ends in a category"},
        {R"([\p{L}-z])", "1: a - in a class must be escaped, or first or last"},
        {R"([\d])", "1: an escape that is not one"},
        {"a\xff", "1: not UTF-8"},
    };
    for (const auto& [pattern, message] : table) {
        CAPTURE(pattern);
        CHECK(refusal(pattern) == message);
    }
}

TEST_CASE("valid ones that are more than we take are told apart") {
    for (const auto& pattern : {std::string(1025, 'a'), std::string{"a{1001}"}, std::string{"a{99999999999999999999}"}, std::string{"((a{100}){100}){100}"},
                                std::string{R"([^\p{C}])"}, std::string{R"([^a\p{Cn}])"}}) {
        CAPTURE(pattern);
        const auto compiled = compile_iregexp(pattern);
        REQUIRE_FALSE(compiled.ok());
        CHECK(compiled.error().kind == Kind::beyond_us);
    }
    CHECK(compile_iregexp(std::string(1024, 'a')).ok());
    CHECK(compile_iregexp("a{1000}").ok());
    CHECK(compile_iregexp(std::string(512, '(') + std::string(512, ')')).ok());
}

}  // namespace iregexp_test

// What a spec asks of an HTTP answer beyond its status.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/enum_name.h"
#include "lib/check/verdict.h"
#include "lib/json/json.h"
#include "lib/jsonpath/path.h"
#include "lib/regex/pattern.h"

namespace sonde::check {

// What is looked at.
enum class Subject : unsigned char { response_time, header, body, json, certificate };

// A negation stands right after what it negates.
enum class Comparison : unsigned char {
    exists,
    not_exists,
    equals,
    not_equals,
    contains,
    not_contains,
    matches,
    not_matches,
    below,
    above,
    at_least,
    at_most
};

constexpr bool is_negation(Comparison comparison) {
    return comparison == Comparison::not_exists || comparison == Comparison::not_equals || comparison == Comparison::not_contains ||
           comparison == Comparison::not_matches;
}

// One subject, one comparison. What it needs is compiled when it is read, and never again.
struct Assertion {
    enum class Severity : unsigned char { down, degraded };

    Subject on = Subject::body;
    std::string of;  // the name of the header, the JSONPath; empty for the others
    Comparison comparison = Comparison::contains;
    Json value;  // to compare with: true for exists and not_exists, a pattern's text, milliseconds, days
    Severity severity = Severity::down;
    std::optional<jsonpath::Path> path;      // of json, always
    std::optional<regex::Pattern> pattern;  // of matches and not_matches, always

    [[nodiscard]] bool needs_body() const { return on == Subject::body || on == Subject::json; }
    [[nodiscard]] const std::string& text() const { return value.get_ref<const std::string&>(); }  // of a value that is one
};

// What a field of an assertion holds, and so how it is checked.
enum class Operand : unsigned char { yes, text, pattern, any, ordered, milliseconds, days };

// Which comparison goes with what, under which name.
struct ComparisonField {
    Subject on;
    Comparison comparison;
    std::string_view field;
    Operand takes;
};

inline constexpr std::array<ComparisonField, 28> kComparisonFields{{
    {Subject::response_time, Comparison::below, "below_ms", Operand::milliseconds},
    {Subject::header, Comparison::exists, "exists", Operand::yes},
    {Subject::header, Comparison::not_exists, "not_exists", Operand::yes},
    {Subject::header, Comparison::equals, "equals", Operand::text},
    {Subject::header, Comparison::not_equals, "not_equals", Operand::text},
    {Subject::header, Comparison::contains, "contains", Operand::text},
    {Subject::header, Comparison::not_contains, "not_contains", Operand::text},
    {Subject::header, Comparison::matches, "matches", Operand::pattern},
    {Subject::header, Comparison::not_matches, "not_matches", Operand::pattern},
    {Subject::body, Comparison::equals, "equals", Operand::text},
    {Subject::body, Comparison::not_equals, "not_equals", Operand::text},
    {Subject::body, Comparison::contains, "contains", Operand::text},
    {Subject::body, Comparison::not_contains, "not_contains", Operand::text},
    {Subject::body, Comparison::matches, "matches", Operand::pattern},
    {Subject::body, Comparison::not_matches, "not_matches", Operand::pattern},
    {Subject::json, Comparison::exists, "exists", Operand::yes},
    {Subject::json, Comparison::not_exists, "not_exists", Operand::yes},
    {Subject::json, Comparison::equals, "equals", Operand::any},
    {Subject::json, Comparison::not_equals, "not_equals", Operand::any},
    {Subject::json, Comparison::contains, "contains", Operand::text},
    {Subject::json, Comparison::not_contains, "not_contains", Operand::text},
    {Subject::json, Comparison::matches, "matches", Operand::pattern},
    {Subject::json, Comparison::not_matches, "not_matches", Operand::pattern},
    {Subject::json, Comparison::below, "below", Operand::ordered},
    {Subject::json, Comparison::above, "above", Operand::ordered},
    {Subject::json, Comparison::at_least, "at_least", Operand::ordered},
    {Subject::json, Comparison::at_most, "at_most", Operand::ordered},
    {Subject::certificate, Comparison::at_least, "days_left_at_least", Operand::days},
}};

// As it is read, every field present.
Json write(const Assertion& assertion);

// For people, bounded: `json $.status`, and `containing "ok"`, `at least 14 days left`.
std::string label(const Assertion& assertion);
std::string expectation(const Assertion& assertion);

// At most `most` bytes of `text`, as JSON writes a string; with … inside the quotes if that was not all.
std::string quoted(std::string_view text, std::size_t most);
// How many bytes of what a target sent are quoted in a finding.
inline constexpr std::size_t kExcerpt = 100;

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::Subject> {
    static constexpr std::array<std::string_view, 5> names{"response_time", "header", "body", "json", "certificate"};
};

template <>
struct sonde::EnumNames<sonde::check::Assertion::Severity> {
    static constexpr std::array<std::string_view, 2> names{"down", "degraded"};
};

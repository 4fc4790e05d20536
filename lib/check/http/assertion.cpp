#include "lib/check/http/assertion.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::check {
namespace {

constexpr std::size_t kMostShown = 200;  // of what is shown of a spec's own words

// The text before the part that UTF-8 would be cut in.
std::string_view head(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    return text.substr(0, most);
}

std::string shown(const Json& value) {
    if (value.is_string()) return quoted(value.get_ref<const std::string&>(), kMostShown);
    const auto text = json::dump(value);
    const auto begin = head(text, kMostShown);
    return std::string(begin) + (begin.size() < text.size() ? "…" : "");
}

std::string unit_of(Subject subject) {
    if (subject == Subject::response_time) return " ms";
    return subject == Subject::certificate ? " days left" : "";
}

const ComparisonField& field_of(const Assertion& assertion) {
    return *std::find_if(kComparisonFields.begin(), kComparisonFields.end(), [&](const auto& row) {
        return row.on == assertion.on && row.comparison == assertion.comparison;
    });
}

}  // namespace

std::string quoted(std::string_view text, std::size_t most) {
    const auto begin = head(text, most);
    return json::dump(json::clean_utf8(begin) + (begin.size() < text.size() ? "…" : ""));
}

Json write(const Assertion& assertion) {
    Json document{{"on", name_of(assertion.on)}};
    if (assertion.on == Subject::header) document["name"] = assertion.of;
    if (assertion.on == Subject::json) document["path"] = assertion.of;
    document[std::string(field_of(assertion).field)] = assertion.value;
    document["severity"] = name_of(assertion.severity);
    return document;
}

std::string label(const Assertion& assertion) {
    std::string text{name_of(assertion.on)};
    if (assertion.of.empty()) return text;
    const auto begin = head(assertion.of, kMostShown);
    return text + ' ' + std::string(begin) + (begin.size() < assertion.of.size() ? "…" : "");
}

std::string expectation(const Assertion& assertion) {
    const auto value = shown(assertion.value) + unit_of(assertion.on);
    switch (assertion.comparison) {
        case Comparison::exists: return "there";
        case Comparison::not_exists: return "not there";
        case Comparison::equals: return value;
        case Comparison::not_equals: return "not " + value;
        case Comparison::contains: return "containing " + value;
        case Comparison::not_contains: return "not containing " + value;
        case Comparison::matches: return "matching " + value;
        case Comparison::not_matches: return "not matching " + value;
        case Comparison::below: return "below " + value;
        case Comparison::above: return "above " + value;
        case Comparison::at_least: return "at least " + value;
        case Comparison::at_most: return "at most " + value;
    }
    return value;
}

}  // namespace sonde::check

#include "lib/check/http/body_assertion.h"

#include <fmt/format.h>

#include <array>

namespace sonde::check {
namespace {

enum class Answer { yes, no, open };

// Whether a match may depend on what follows it. `$`, \z, \b and \B do; where one is written but means something else, we only ask more than
// we had to.
bool looks_ahead(std::string_view pattern) {
    constexpr std::array<std::string_view, 4> kAhead{"$", "\\z", "\\b", "\\B"};
    for (const auto mark : kAhead) {
        if (pattern.find(mark) != std::string_view::npos) return true;
    }
    return false;
}

// Of the whole body, from its beginning alone, whether it equals, contains or matches.
Answer of_beginning(const Assertion& assertion, std::string_view beginning, bool found) {
    switch (assertion.comparison) {
        case Comparison::equals:
        case Comparison::not_equals: {
            // There is more of it than this.
            const auto& wanted = assertion.text();
            return wanted.size() > beginning.size() && wanted.starts_with(beginning) ? Answer::open : Answer::no;
        }
        case Comparison::matches:
        case Comparison::not_matches: return found && !looks_ahead(assertion.text()) ? Answer::yes : Answer::open;
        default: return found ? Answer::yes : Answer::open;
    }
}

std::string excerpt(std::string_view body) {
    if (body.empty()) return "empty";
    return fmt::format("{} ({} bytes)", quoted(body, kExcerpt), body.size());
}

// What there is that makes the comparison true.
std::string describe_hit(const Assertion& assertion, std::string_view body, std::size_t at) {
    switch (assertion.comparison) {
        case Comparison::contains:
        case Comparison::not_contains: return fmt::format("text with it at byte {}", at);
        case Comparison::matches:
        case Comparison::not_matches: return "text that matches";
        default: return excerpt(body);
    }
}

}  // namespace

bool is_cut_off(const HttpFacts& facts) { return facts.body_truncated || static_cast<std::int64_t>(facts.body.size()) < facts.body_bytes; }

std::string describe_cut(const HttpFacts& facts) { return fmt::format("cut off after {} bytes", facts.body.size()); }

Finding judge_body(const Assertion& assertion, const HttpFacts& facts, Work& work) {
    const std::string_view body = facts.body;
    if (!work.spend(steps_of(assertion, body))) return too_much_text();
    const auto at = position(assertion, body);
    const bool found = at != std::string_view::npos;
    auto answer = found ? Answer::yes : Answer::no;
    if (is_cut_off(facts)) answer = of_beginning(assertion, body, found);
    if (answer == Answer::open) return {FailureClass::body_too_large, describe_cut(facts)};
    const bool holds = (answer == Answer::yes) != is_negation(assertion.comparison);
    return {holds ? FailureClass::none : FailureClass::body_mismatch, answer == Answer::yes ? describe_hit(assertion, body, at) : excerpt(body)};
}

}  // namespace sonde::check

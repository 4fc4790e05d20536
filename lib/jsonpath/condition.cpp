#include <algorithm>

#include "lib/base/utf8.h"
#include "lib/jsonpath/compare.h"
#include "lib/jsonpath/evaluation.h"
#include "lib/regex/iregexp.h"

namespace sonde::jsonpath {
namespace {

// What matching costs: a pattern's instructions times the bytes of the text, so many of them a step.
constexpr std::uint64_t kMatchedAStep = 32;
constexpr std::uint64_t kBytesCountedAStep = 64;
// Compiling takes some ten microseconds, and milliseconds if much comes of a short pattern. Few are kept, for they take memory.
constexpr std::uint64_t kCompilingSteps = 1000;
constexpr std::uint64_t kCompilingStepsAnInstruction = 16;
constexpr std::size_t kMaxPatternsKept = 16;

}  // namespace

bool Evaluation::test(const Expression& expression, const Json& current) {
    budget_.spend(1);
    if (const auto* either = std::get_if<Or>(&expression.is)) {
        return std::any_of(either->any.begin(), either->any.end(), [&](const Expression& e) { return test(e, current); });
    }
    if (const auto* both = std::get_if<And>(&expression.is)) {
        return std::all_of(both->all.begin(), both->all.end(), [&](const Expression& e) { return test(e, current); });
    }
    if (const auto* opposite = std::get_if<Not>(&expression.is)) return !test(*opposite->of, current);
    if (const auto* query = std::get_if<Query>(&expression.is)) {
        return query->singular() ? follow(*query, current) != nullptr : !select(*query, current).empty();
    }
    if (const auto* call = std::get_if<Call>(&expression.is)) return call_test(*call, current);
    const auto& comparison = std::get<Comparison>(expression.is);
    const auto left = value_of(comparison.left, current);
    const auto right = value_of(comparison.right, current);
    return compare(left.get(), comparison.comparator, right.get(), budget_);
}

Evaluation::Value Evaluation::value_of(const Operand& operand, const Json& current) {
    if (const auto* literal = std::get_if<Literal>(&operand)) return {&literal->value, std::nullopt};
    if (const auto* query = std::get_if<Query>(&operand)) return {follow(*query, current), std::nullopt};
    return call_value(*std::get<std::unique_ptr<Call>>(operand), current);
}

// Section 2.4.4 to 2.4.8.
Evaluation::Value Evaluation::call_value(const Call& call, const Json& current) {
    const auto& argument = call.arguments.front();
    if (call.function != Function::length) {
        const auto nodes = select(std::get<Query>(argument), current);
        if (call.function == Function::count) return {nullptr, Json(nodes.size())};
        return {nodes.size() == 1 ? nodes.front() : nullptr, std::nullopt};
    }
    const auto value = value_of(argument, current);
    const auto* json = value.get();
    if (json == nullptr) return {};
    if (json->is_structured()) return {nullptr, Json(json->size())};
    if (!json->is_string()) return {};
    const auto& text = json->get_ref<const std::string&>();
    budget_.spend(text.size() / kBytesCountedAStep);
    return {nullptr, Json(count_utf8(text))};
}

bool Evaluation::call_test(const Call& call, const Json& current) {
    const auto text = value_of(call.arguments[0], current);
    if (text.get() == nullptr || !text.get()->is_string()) return false;
    const auto* pattern = call.pattern ? &*call.pattern : nullptr;
    if (pattern == nullptr) {
        const auto asked = value_of(call.arguments[1], current);
        if (asked.get() == nullptr || !asked.get()->is_string()) return false;
        pattern = dynamic_pattern(asked.get()->get_ref<const std::string&>());
        if (pattern == nullptr) return false;
    }
    const auto& in = text.get()->get_ref<const std::string&>();
    budget_.spend(in.size() * pattern->size() / kMatchedAStep);
    return call.function == Function::match ? pattern->matches(in) : pattern->contains(in);
}

const regex::Pattern* Evaluation::dynamic_pattern(const std::string& text) {
    const auto known = patterns_.find(text);
    if (known != patterns_.end()) return known->second ? &*known->second : nullptr;
    budget_.spend(kCompilingSteps + text.size());
    auto compiled = regex::compile_iregexp(text);
    if (!compiled && compiled.error().kind == regex::IregexpError::Kind::beyond_us) {
        throw EvaluationError{EvaluationError::Kind::pattern_beyond_us, "a pattern in the document is not usable: " + compiled.error().message};
    }
    if (patterns_.size() >= kMaxPatternsKept) patterns_.clear();
    auto& kept = patterns_[text];
    if (!compiled) return nullptr;
    budget_.spend(compiled->size() * kCompilingStepsAnInstruction);
    kept = *std::move(compiled);
    return &*kept;
}

}  // namespace sonde::jsonpath

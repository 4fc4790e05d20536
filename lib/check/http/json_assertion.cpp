#include "lib/check/http/json_assertion.h"

#include <fmt/format.h>

#include "lib/check/http/body_assertion.h"
#include "lib/jsonpath/comparator.h"
#include "lib/jsonpath/document.h"

namespace sonde::check {
namespace {

using jsonpath::Comparator;
using jsonpath::Nodes;

constexpr std::size_t kDeepest = 1000;

// The text of a node if it is short, else what it is.
std::string describe(const Json& node) {
    if (node.is_string()) return quoted(node.get_ref<const std::string&>(), kExcerpt);
    if (const auto text = jsonpath::write_values({&node}, kExcerpt)) return text->substr(1, text->size() - 2);
    return fmt::format("{} with {} {}", node.is_array() ? "an array" : "an object", node.size(), node.is_array() ? "elements" : "members");
}

std::string describe(const Json& node, const Nodes& nodes) {
    auto text = describe(node);
    if (nodes.size() > 1) text += fmt::format(", one of {} nodes", nodes.size());
    return text;
}

std::optional<Comparator> comparator_of(Comparison comparison) {
    switch (comparison) {
        case Comparison::equals: return Comparator::equal;
        case Comparison::not_equals: return Comparator::not_equal;
        case Comparison::below: return Comparator::less;
        case Comparison::above: return Comparator::greater;
        case Comparison::at_least: return Comparator::greater_or_equal;
        case Comparison::at_most: return Comparator::less_or_equal;
        default: return std::nullopt;
    }
}

Finding verdict_on(const Nodes& nodes, const Json* unlike) {
    if (unlike != nullptr) return {FailureClass::assertion, describe(*unlike, nodes)};
    return {FailureClass::none, describe(*nodes.front(), nodes)};
}

// What is no string contains and matches nothing.
Finding compare_texts(const Assertion& assertion, const Nodes& nodes, Work& work) {
    for (const auto* node : nodes) {
        bool found = false;
        if (node->is_string()) {
            const auto& text = node->get_ref<const std::string&>();
            if (!work.spend(steps_of(assertion, text))) return too_much_text();
            found = position(assertion, text) != std::string::npos;
        }
        if (found == is_negation(assertion.comparison)) return verdict_on(nodes, node);
    }
    return verdict_on(nodes, nullptr);
}

Finding judge_nodes(const Assertion& assertion, const Nodes& nodes, Work& work) {
    if (assertion.comparison == Comparison::not_exists) {
        return nodes.empty() ? Finding{} : Finding{FailureClass::assertion, describe(*nodes.front(), nodes)};
    }
    if (nodes.empty()) return {FailureClass::assertion, ""};
    if (assertion.comparison == Comparison::exists) return verdict_on(nodes, nullptr);
    const auto comparator = comparator_of(assertion.comparison);
    if (!comparator) return compare_texts(assertion, nodes, work);
    const auto unlike = jsonpath::first_unlike(nodes, *comparator, assertion.value);
    return unlike ? verdict_on(nodes, *unlike) : too_costly(unlike.error().message);
}

}  // namespace

Finding JsonBody::judge(const Assertion& assertion, Work& work) {
    if (is_cut_off(facts_)) return {FailureClass::body_too_large, "in a body " + describe_cut(facts_)};
    if (!document_) document_ = jsonpath::read_document(facts_.body, {.bytes = facts_.body.size(), .depth = kDeepest});
    if (!*document_) return {FailureClass::assertion, "in a body that " + document_->error().message};
    const auto nodes = assertion.path->select(**document_);
    return nodes ? judge_nodes(assertion, *nodes, work) : too_costly(nodes.error().message);
}

}  // namespace sonde::check

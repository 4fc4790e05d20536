#include "lib/jsonpath/evaluation.h"

#include <algorithm>

#include "lib/jsonpath/compare.h"

namespace sonde::jsonpath {
namespace {

// Null where there is none: not an array, or out of its bounds. Section 2.3.3.2.
const Json* element(const Json& node, std::int64_t index) {
    if (!node.is_array()) return nullptr;
    const auto size = static_cast<std::int64_t>(node.size());
    const auto at = index < 0 ? size + index : index;
    return at < 0 || at >= size ? nullptr : &node[static_cast<std::size_t>(at)];
}

// Calls `use` with each child, in order.
template <class Use>
void for_each_child(const Json& node, Use use) {
    if (node.is_array()) {
        for (const auto& child : node.get_ref<const Json::array_t&>()) use(child);
    } else if (node.is_object()) {
        for (const auto& [name, child] : node.get_ref<const Json::object_t&>()) use(child);
    }
}

}  // namespace

Nodes Evaluation::select(const Query& query, const Json& current) {
    Nodes nodes;
    budget_.add(nodes, query.absolute ? root_ : current);
    for (const auto& segment : query.segments) {
        Nodes next;
        for (const auto* node : nodes) {
            if (segment.descendant) {
                descend(segment, *node, next);
            } else {
                apply(segment, *node, next);
            }
        }
        nodes = std::move(next);
    }
    return nodes;
}

const Json* Evaluation::follow(const Query& query, const Json& current) {
    const Json* node = query.absolute ? &root_ : &current;
    for (const auto& segment : query.segments) {
        if (node == nullptr) return nullptr;
        budget_.spend(1);
        const auto& selector = segment.selectors.front();
        if (const auto* name = std::get_if<NameSelector>(&selector)) {
            node = node->is_object() ? member(*node, name->name, budget_) : nullptr;
        } else {
            node = element(*node, std::get<IndexSelector>(selector).index);
        }
    }
    return node;
}

// The node itself and all below it, parents first (section 2.5.2.2). The stack is our own, for documents may be deep.
void Evaluation::descend(const Segment& segment, const Json& from, Nodes& out) {
    Nodes open{&from};
    while (!open.empty()) {
        const auto& node = *open.back();
        open.pop_back();
        budget_.spend(1);
        apply(segment, node, out);
        const auto before = static_cast<std::ptrdiff_t>(open.size());
        for_each_child(node, [&](const Json& child) {
            if (child.is_structured()) open.push_back(&child);  // others have nothing to select from
        });
        std::reverse(open.begin() + before, open.end());
        budget_.spend(node.size());
    }
}

void Evaluation::apply(const Segment& segment, const Json& node, Nodes& out) {
    for (const auto& selector : segment.selectors) apply(selector, node, out);
}

void Evaluation::apply(const Selector& selector, const Json& node, Nodes& out) {
    budget_.spend(1);
    if (const auto* name = std::get_if<NameSelector>(&selector)) {
        if (!node.is_object()) return;
        if (const auto* found = member(node, name->name, budget_)) budget_.add(out, *found);
    } else if (std::holds_alternative<WildcardSelector>(selector)) {
        for_each_child(node, [&](const Json& child) { budget_.add(out, child); });
    } else if (const auto* index = std::get_if<IndexSelector>(&selector)) {
        if (const auto* found = element(node, index->index)) budget_.add(out, *found);
    } else if (const auto* slice = std::get_if<SliceSelector>(&selector)) {
        apply(*slice, node, out);
    } else {
        apply(std::get<FilterSelector>(selector), node, out);
    }
}

// Section 2.3.4.2.2. Nothing overflows: all numbers are of 54 bits at most, and sizes far smaller.
void Evaluation::apply(const SliceSelector& slice, const Json& node, Nodes& out) {
    if (!node.is_array() || slice.step == 0) return;
    const auto size = static_cast<std::int64_t>(node.size());
    const auto normalized = [size](std::int64_t i) { return i >= 0 ? i : size + i; };
    const auto at = [&](std::int64_t i) -> const Json& { return node[static_cast<std::size_t>(i)]; };
    if (slice.step > 0) {
        const auto lower = std::clamp<std::int64_t>(normalized(slice.start.value_or(0)), 0, size);
        const auto upper = slice.end ? std::clamp<std::int64_t>(normalized(*slice.end), 0, size) : size;
        for (auto i = lower; i < upper; i += slice.step) budget_.add(out, at(i));
        return;
    }
    const auto upper = slice.start ? std::clamp<std::int64_t>(normalized(*slice.start), -1, size - 1) : size - 1;
    const auto lower = slice.end ? std::clamp<std::int64_t>(normalized(*slice.end), -1, size - 1) : -1;
    for (auto i = upper; i > lower; i += slice.step) budget_.add(out, at(i));
}

void Evaluation::apply(const FilterSelector& filter, const Json& node, Nodes& out) {
    for_each_child(node, [&](const Json& child) {
        budget_.spend(1);
        if (test(*filter.condition, child)) budget_.add(out, child);
    });
}

}  // namespace sonde::jsonpath

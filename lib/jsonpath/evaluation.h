// One run of a query over one document. evaluation.cpp selects nodes, condition.cpp has the conditions of filters. Internal to lib/jsonpath.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "lib/jsonpath/budget.h"
#include "lib/jsonpath/path.h"
#include "lib/jsonpath/query.h"

namespace sonde::jsonpath {

// Recurses as deep as the query is nested. Throws EvaluationError.
class Evaluation {
public:
    Evaluation(const Json& root, Limits limits) : root_(root), budget_(limits) {}

    Nodes select(const Query& query, const Json& current);

private:
    // A value of a ValueType: one of the document, one of the query's literals, one made by a function, or Nothing.
    struct Value {
        const Json* borrowed = nullptr;
        std::optional<Json> made;

        [[nodiscard]] const Json* get() const { return made ? &*made : borrowed; }
    };

    // Of a singular query: the node, or null.
    const Json* follow(const Query& query, const Json& current);
    void apply(const Segment& segment, const Json& node, Nodes& out);
    void apply(const Selector& selector, const Json& node, Nodes& out);
    void apply(const SliceSelector& slice, const Json& node, Nodes& out);
    void apply(const FilterSelector& filter, const Json& node, Nodes& out);
    void descend(const Segment& segment, const Json& from, Nodes& out);

    bool test(const Expression& expression, const Json& current);
    Value value_of(const Operand& operand, const Json& current);
    Value call_value(const Call& call, const Json& current);
    bool call_test(const Call& call, const Json& current);
    // The pattern that a document asks for; null if it is no I-Regexp.
    const regex::Pattern* dynamic_pattern(const std::string& text);

    const Json& root_;
    Budget budget_;
    std::unordered_map<std::string, std::optional<regex::Pattern>> patterns_;
};

}  // namespace sonde::jsonpath

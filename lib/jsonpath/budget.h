// What an evaluation may still cost. Internal to lib/jsonpath.
#pragma once

#include <fmt/format.h>

#include "lib/jsonpath/path.h"

namespace sonde::jsonpath {

// Throws EvaluationError, which Path::select catches.
class Budget {
public:
    explicit Budget(Limits limits) : limits_(limits), left_(limits.steps) {}

    void spend(std::uint64_t steps) {
        if (steps > left_) refuse(EvaluationError::Kind::too_many_steps, fmt::format("the query takes more than {} steps", limits_.steps));
        left_ -= steps;
    }

    // Adds a node, which is a step too.
    void add(Nodes& nodes, const Json& node) {
        spend(1);
        if (nodes.size() >= limits_.nodes) {
            refuse(EvaluationError::Kind::too_many_nodes, fmt::format("the query yields more than {} nodes", limits_.nodes));
        }
        nodes.push_back(&node);
    }

private:
    [[noreturn]] static void refuse(EvaluationError::Kind kind, std::string message) { throw EvaluationError{kind, std::move(message)}; }

    Limits limits_;
    std::uint64_t left_;
};

}  // namespace sonde::jsonpath

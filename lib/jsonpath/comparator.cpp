#include "lib/jsonpath/comparator.h"

#include "lib/jsonpath/budget.h"
#include "lib/jsonpath/compare.h"

namespace sonde::jsonpath {

Result<const Json*, EvaluationError> first_unlike(const Nodes& nodes, Comparator comparator, const Json& value, Limits limits) {
    try {
        Budget budget(limits);
        for (const auto* node : nodes) {
            if (!compare(node, comparator, &value, budget)) return node;
        }
        return static_cast<const Json*>(nullptr);
    } catch (const EvaluationError& error) {
        return error;
    }
}

}  // namespace sonde::jsonpath

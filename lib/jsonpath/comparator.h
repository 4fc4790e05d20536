// The comparisons of filters, also for nodes that were selected.
#pragma once

#include "lib/base/enum_name.h"
#include "lib/jsonpath/path.h"

namespace sonde::jsonpath {

enum class Comparator { equal, not_equal, less_or_equal, greater_or_equal, less, greater };

// The first of `nodes` for which `@ <comparator> value` does not hold as in a filter, or null: 1 equals 1.0, "1" does not, arrays and
// objects are compared deeply, and only numbers among themselves and strings among themselves have an order.
Result<const Json*, EvaluationError> first_unlike(const Nodes& nodes, Comparator comparator, const Json& value, Limits limits = {});

}  // namespace sonde::jsonpath

// Longer ones before those they begin with, so that the first that fits is the right one.
template <>
struct sonde::EnumNames<sonde::jsonpath::Comparator> {
    static constexpr std::array<std::string_view, 6> names{"==", "!=", "<=", ">=", "<", ">"};
};

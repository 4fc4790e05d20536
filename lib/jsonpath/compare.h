// Comparisons as section 2.3.5.2.2 defines them. Internal to lib/jsonpath.
#pragma once

#include "lib/jsonpath/budget.h"
#include "lib/jsonpath/query.h"

namespace sonde::jsonpath {

// Null stands for Nothing, the absence of a value, which equals itself alone. Numbers are compared exactly, whatever their
// notation; strings by Unicode scalar values; arrays and objects for deep equality, without recursion, objects whatever the order of their members.
// What is neither a number nor a string has no order.
bool compare(const Json* left, Comparator comparator, const Json* right, Budget& budget);

// The member of that name, or null.
const Json* member(const Json& object, const std::string& name, Budget& budget);

}  // namespace sonde::jsonpath

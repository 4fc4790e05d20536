#include "lib/jsonpath/compare.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sonde::jsonpath {
namespace {

// Members looked at, and bytes compared, in one step.
constexpr std::size_t kMembersAStep = 8;
constexpr std::size_t kBytesAStep = 64;

// Wide enough for every integer of 64 bits and every double, so that no two numbers become equal by rounding.
using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64);

Wide number(const Json& value) {
    if (value.is_number_float()) return value.get<double>();
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    return value.get<std::int64_t>();
}

const std::string& text(const Json& value) { return value.get_ref<const std::string&>(); }

struct Pair {
    const Json* left;
    const Json* right;
};

// Whether two values are equal as far as one can tell without looking into them; what is in them goes to `open`.
bool alike(Pair pair, std::vector<Pair>& open, Budget& budget) {
    const auto& [left, right] = pair;
    budget.spend(1);
    if (left->is_number() && right->is_number()) return number(*left) == number(*right);
    if (left->type() != right->type()) return false;
    if (left->is_string()) {
        if (text(*left).size() != text(*right).size()) return false;
        budget.spend(text(*left).size() / kBytesAStep);
        return text(*left) == text(*right);
    }
    if (left->is_array()) {
        if (left->size() != right->size()) return false;
        budget.spend(left->size());
        for (std::size_t i = 0; i < left->size(); ++i) open.push_back({&(*left)[i], &(*right)[i]});
        return true;
    }
    if (left->is_object()) {
        if (left->size() != right->size()) return false;
        for (const auto& [name, value] : left->get_ref<const Json::object_t&>()) {
            const auto* other = member(*right, name, budget);
            if (other == nullptr) return false;
            open.push_back({&value, other});
        }
        return true;
    }
    return left->is_null() || left->get<bool>() == right->get<bool>();
}

bool equal(const Json* left, const Json* right, Budget& budget) {
    if (left == nullptr || right == nullptr) return left == right;
    std::vector<Pair> open{{left, right}};
    while (!open.empty()) {
        const auto pair = open.back();
        open.pop_back();
        if (!alike(pair, open, budget)) return false;
    }
    return true;
}

bool less(const Json* left, const Json* right, Budget& budget) {
    if (left == nullptr || right == nullptr) return false;
    if (left->is_number() && right->is_number()) return number(*left) < number(*right);
    if (!left->is_string() || !right->is_string()) return false;
    budget.spend(std::min(text(*left).size(), text(*right).size()) / kBytesAStep);
    // Bytes of UTF-8 are in the order of the scalar values; std::string compares them as unsigned.
    return text(*left) < text(*right);
}

}  // namespace

const Json* member(const Json& object, const std::string& name, Budget& budget) {
    budget.spend(1 + object.size() / kMembersAStep);
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

bool compare(const Json* left, Comparator comparator, const Json* right, Budget& budget) {
    switch (comparator) {
        case Comparator::equal: return equal(left, right, budget);
        case Comparator::not_equal: return !equal(left, right, budget);
        case Comparator::less: return less(left, right, budget);
        case Comparator::greater: return less(right, left, budget);
        case Comparator::less_or_equal: return less(left, right, budget) || equal(left, right, budget);
        case Comparator::greater_or_equal: return less(right, left, budget) || equal(left, right, budget);
    }
    return false;
}

}  // namespace sonde::jsonpath

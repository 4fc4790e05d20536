// What the parser makes of a query and the evaluation walks over. Names follow the RFC's grammar. Internal to lib/jsonpath.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/json/json.h"
#include "lib/jsonpath/comparator.h"
#include "lib/regex/pattern.h"

namespace sonde::jsonpath {

struct Expression;

struct NameSelector {
    std::string name;
};
struct WildcardSelector {};
struct IndexSelector {
    std::int64_t index;
};
struct SliceSelector {
    std::optional<std::int64_t> start;
    std::optional<std::int64_t> end;
    std::int64_t step = 1;
};
struct FilterSelector {
    std::unique_ptr<Expression> condition;
};
using Selector = std::variant<NameSelector, WildcardSelector, IndexSelector, SliceSelector, FilterSelector>;

// Said to be movable only, since a compiler may otherwise try to copy the filters.
struct Segment {
    Segment() = default;
    Segment(Segment&&) = default;
    Segment& operator=(Segment&&) = default;

    bool descendant = false;
    std::vector<Selector> selectors;

    // One name or index of a child: yields one node at most.
    [[nodiscard]] bool singular() const {
        return !descendant && selectors.size() == 1 &&
               (std::holds_alternative<NameSelector>(selectors[0]) || std::holds_alternative<IndexSelector>(selectors[0]));
    }
};

struct Query {
    Query() = default;
    Query(Query&&) = default;
    Query& operator=(Query&&) = default;

    bool absolute = true;  // from $, not from @
    std::vector<Segment> segments;

    [[nodiscard]] bool singular() const {
        for (const auto& segment : segments) {
            if (!segment.singular()) return false;
        }
        return true;
    }
};

struct Literal {
    Json value;
    std::string text;  // as written, for numbers, whose notation the value forgets
};

struct Call;
// A comparable or an argument; which of them it may be, the parser has checked. The call is never null.
using Operand = std::variant<Literal, Query, std::unique_ptr<Call>>;

enum class Function { length, count, match, search, value };

struct Call {
    Function function;
    std::vector<Operand> arguments;
    // Of match() and search(), if the pattern is a literal I-Regexp.
    std::optional<regex::Pattern> pattern;
};

struct Comparison {
    Comparator comparator;
    Operand left;
    Operand right;
};
struct Not {
    std::unique_ptr<Expression> of;
};
// At least two each.
struct And {
    std::vector<Expression> all;
};
struct Or {
    std::vector<Expression> any;
};

struct Expression {
    // A query alone is a test for existence, a call alone is one of a function with a logical result.
    std::variant<Or, And, Not, Comparison, Query, Call> is;
};

}  // namespace sonde::jsonpath

template <>
struct sonde::EnumNames<sonde::jsonpath::Function> {
    static constexpr std::array<std::string_view, 5> names{"length", "count", "match", "search", "value"};
};

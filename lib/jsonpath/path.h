// JSONPath (RFC 9535), whole: queries are checked when they are compiled and then run over any number of documents.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::jsonpath {

constexpr std::size_t kMaxQueryBytes = 4096;
// Filters in filters, parentheses and function calls, counted together.
constexpr int kMaxQueryDepth = 32;

struct SyntaxError {
    int column;           // in characters, from 1; one past the end if something is missing there
    std::string message;  // for people, e.g. "a comparison needs a query that yields one value at most"
};

// What an evaluation may cost, so that no document can make a query run for long.
struct Limits {
    // Steps: a node visited, a few members of an object searched, some bytes compared or matched. A million takes some ten milliseconds, at
    // worst, with patterns of hundreds of repetitions, a hundred and fifty.
    std::uint64_t steps = 2'000'000;
    // Nodes that any one query, the inner ones included, may have at a time.
    std::size_t nodes = 200'000;
};

struct EvaluationError {
    enum class Kind {
        too_many_steps,
        too_many_nodes,
        pattern_beyond_us,  // a regular expression from the document, valid but more than we take (lib/regex/iregexp.h)
    };
    Kind kind;
    std::string message;  // for people
};

// Nodes in the order of the RFC: arrays by index, object members in the order of the document, duplicates kept. They point into the
// document, which must outlive them unchanged.
using Nodes = std::vector<const Json*>;

struct Query;

// A compiled query. Immutable, cheap to copy, and safe to use from several threads.
class Path {
public:
    // Checks syntax, integer ranges and well-typedness (section 2.4.3).
    static Result<Path, SyntaxError> compile(std::string_view query);

    // Recursion is bounded by the query's depth, never by the document's.
    [[nodiscard]] Result<Nodes, EvaluationError> select(const Json& document, Limits limits = {}) const;

    // Yields one node at most, whatever the document.
    [[nodiscard]] bool singular() const;

    // Literal patterns of match() and search() that are no I-Regexp. The RFC lets such a query pass, and never match; who stores queries
    // should refuse them.
    [[nodiscard]] const std::vector<SyntaxError>& unmatchable() const;

    // The same query in bracket notation: `$['a'][?@['b'] == 1]`. Compiles to an equal one, if it is not too long.
    [[nodiscard]] std::string text() const;

private:
    explicit Path(std::shared_ptr<const Query> query, std::shared_ptr<const std::vector<SyntaxError>> unmatchable)
        : query_(std::move(query)), unmatchable_(std::move(unmatchable)) {}

    std::shared_ptr<const Query> query_;
    std::shared_ptr<const std::vector<SyntaxError>> unmatchable_;
};

}  // namespace sonde::jsonpath

template <>
struct sonde::EnumNames<sonde::jsonpath::EvaluationError::Kind> {
    static constexpr std::array<std::string_view, 3> names{"too_many_steps", "too_many_nodes", "pattern_beyond_us"};
};

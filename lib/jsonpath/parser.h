// The RFC's grammar by recursive descent: parser.cpp has queries, segments and selectors, filter_parser.cpp what a filter holds. Internal
// to lib/jsonpath.
#pragma once

#include <string_view>
#include <vector>

#include "lib/jsonpath/cursor.h"
#include "lib/jsonpath/query.h"

namespace sonde::jsonpath {

// Reads one query. Every method throws SyntaxError.
class Parser {
public:
    explicit Parser(std::string_view text) : in_(text) {}

    Query run();
    // After run().
    [[nodiscard]] std::vector<SyntaxError> take_unmatchable() { return std::move(unmatchable_); }

private:
    // One level of whatever may hold itself.
    class Nesting {
    public:
        explicit Nesting(Parser& parser);
        ~Nesting() { --depth_; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;

    private:
        int& depth_;
    };

    // The type of a parameter (section 2.4.1); none of our functions takes a logical one.
    enum class Type { value, nodes };

    Query query();
    std::vector<Segment> segments();
    Segment segment();
    void bracketed(Segment& segment);
    Selector selector();
    Selector index_or_slice();

    Expression logical_or();
    Expression logical_and();
    Expression basic();
    Expression negation();
    Expression parenthesized();
    Expression test_or_comparison();
    // The right side of a comparison, or the left one that has turned out to be one.
    Operand comparable(Operand operand, int column);
    // A literal, a query or a call.
    Operand operand();
    Call call(Function function, int column);
    void argument(Call& call, Type type);
    void compile_pattern(Call& call, int column);

    Cursor in_;
    int depth_ = 0;
    std::vector<SyntaxError> unmatchable_;
};

}  // namespace sonde::jsonpath

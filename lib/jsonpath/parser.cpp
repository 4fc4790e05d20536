#include "lib/jsonpath/parser.h"

#include <fmt/format.h>

namespace sonde::jsonpath {

Parser::Nesting::Nesting(Parser& parser) : depth_(parser.depth_) {
    if (depth_ >= kMaxQueryDepth) parser.in_.refuse(fmt::format("the query is nested deeper than {} levels", kMaxQueryDepth));
    ++depth_;
}

Query Parser::run() {
    if (!in_.at('$')) in_.refuse("a query begins with $");
    auto out = query();
    if (!in_.at_end()) in_.refuse("the query should end here, or go on with . or [");
    return out;
}

// The cursor is at $ or @.
Query Parser::query() {
    Query out;
    out.absolute = in_.next() == U'$';
    out.segments = segments();
    return out;
}

std::vector<Segment> Parser::segments() {
    std::vector<Segment> out;
    while (true) {
        // Blanks belong to the query only if a segment follows them.
        auto ahead = in_;
        ahead.skip_blanks();
        if (!ahead.at('.') && !ahead.at('[')) return out;
        in_ = ahead;
        out.push_back(segment());
    }
}

Segment Parser::segment() {
    Segment out;
    out.descendant = in_.take("..");
    if (in_.at('[')) {
        bracketed(out);
        return out;
    }
    if (!out.descendant) in_.next();  // the dot
    if (in_.take("*")) {
        out.selectors.emplace_back(WildcardSelector{});
        return out;
    }
    auto name = in_.name();
    if (name.empty()) in_.refuse(out.descendant ? "a name, a * or a [ is missing after .." : "a name or a * is missing after .");
    out.selectors.emplace_back(NameSelector{std::move(name)});
    return out;
}

void Parser::bracketed(Segment& segment) {
    in_.next();
    do {
        in_.skip_blanks();
        segment.selectors.push_back(selector());
        in_.skip_blanks();
    } while (in_.take(","));
    in_.expect(']', "after the selectors");
}

Selector Parser::selector() {
    if (in_.at('\'') || in_.at('"')) return NameSelector{in_.string()};
    if (in_.take("*")) return WildcardSelector{};
    if (!in_.at('?')) return index_or_slice();
    const Nesting level(*this);
    in_.next();
    in_.skip_blanks();
    return FilterSelector{std::make_unique<Expression>(logical_or())};
}

Selector Parser::index_or_slice() {
    const auto here = [&] {
        const auto c = in_.peek();
        return c && (*c == '-' || (*c >= '0' && *c <= '9'));
    };
    if (!here() && !in_.at(':')) in_.refuse("not a selector: a string in quotes, a *, an index, a slice, or a filter that begins with ?");
    SliceSelector slice;
    if (here()) slice.start = in_.integer();
    auto ahead = in_;
    ahead.skip_blanks();
    if (!ahead.take(":")) return IndexSelector{*slice.start};
    ahead.skip_blanks();
    in_ = ahead;
    if (here()) {
        slice.end = in_.integer();
        ahead = in_;
        ahead.skip_blanks();
    }
    if (!ahead.take(":")) return slice;
    in_ = ahead;
    ahead.skip_blanks();
    in_ = ahead;
    if (here()) slice.step = in_.integer();
    return slice;
}

}  // namespace sonde::jsonpath

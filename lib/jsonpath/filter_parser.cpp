#include <fmt/format.h>

#include "lib/jsonpath/parser.h"
#include "lib/regex/iregexp.h"

namespace sonde::jsonpath {
namespace {

constexpr bool is_logical(Function function) { return function == Function::match || function == Function::search; }

// How many arguments, and whether they are lists of nodes, which a function takes.
constexpr std::size_t arity(Function function) { return is_logical(function) ? 2 : 1; }
constexpr bool takes_nodes(Function function) { return function == Function::count || function == Function::value; }

std::optional<Comparator> comparator(Cursor& in) {
    for (std::size_t i = 0; i < EnumNames<Comparator>::names.size(); ++i) {
        if (in.take(EnumNames<Comparator>::names[i])) return static_cast<Comparator>(i);
    }
    return std::nullopt;
}

}  // namespace

Expression Parser::logical_or() {
    auto first = logical_and();
    Or out;
    while (true) {
        auto ahead = in_;
        ahead.skip_blanks();
        if (!ahead.take("||")) break;
        in_ = ahead;
        in_.skip_blanks();
        if (out.any.empty()) out.any.push_back(std::move(first));
        out.any.push_back(logical_and());
    }
    if (out.any.empty()) return first;
    return {std::move(out)};
}

Expression Parser::logical_and() {
    auto first = basic();
    And out;
    while (true) {
        auto ahead = in_;
        ahead.skip_blanks();
        if (!ahead.take("&&")) break;
        in_ = ahead;
        in_.skip_blanks();
        if (out.all.empty()) out.all.push_back(std::move(first));
        out.all.push_back(basic());
    }
    if (out.all.empty()) return first;
    return {std::move(out)};
}

Expression Parser::basic() {
    if (in_.at('!')) return negation();
    if (in_.at('(')) return parenthesized();
    return test_or_comparison();
}

// `!` is for parentheses and tests; a comparison is negated in parentheses, or by its opposite.
Expression Parser::negation() {
    in_.next();
    in_.skip_blanks();
    if (in_.at('(')) return {Not{std::make_unique<Expression>(parenthesized())}};
    const int column = in_.column();
    auto test = test_or_comparison();
    if (std::holds_alternative<Comparison>(test.is)) Cursor::refuse_at(column, "a comparison is negated in parentheses");
    return {Not{std::make_unique<Expression>(std::move(test))}};
}

Expression Parser::parenthesized() {
    const Nesting level(*this);
    in_.next();
    in_.skip_blanks();
    auto out = logical_or();
    in_.skip_blanks();
    in_.expect(')', "after the expression");
    return out;
}

Expression Parser::test_or_comparison() {
    const int column = in_.column();
    auto left = operand();
    auto ahead = in_;
    ahead.skip_blanks();
    if (const auto found = comparator(ahead)) {
        left = comparable(std::move(left), column);
        in_ = ahead;
        in_.skip_blanks();
        const int right_column = in_.column();
        return {Comparison{*found, std::move(left), comparable(operand(), right_column)}};
    }
    if (ahead.at('=')) ahead.refuse("a comparison for equality is written ==");
    if (std::holds_alternative<Literal>(left)) in_.refuse("a literal alone is no condition: a comparison is missing");
    if (auto* query = std::get_if<Query>(&left)) return {std::move(*query)};
    auto& call = *std::get<std::unique_ptr<Call>>(left);
    if (!is_logical(call.function)) {
        Cursor::refuse_at(column, fmt::format("{}() yields a value, which must be compared", name_of(call.function)));
    }
    return {std::move(call)};
}

Operand Parser::comparable(Operand operand, int column) {
    if (const auto* query = std::get_if<Query>(&operand); query != nullptr && !query->singular()) {
        Cursor::refuse_at(column, "a comparison needs a query that yields one value at most");
    }
    if (const auto* call = std::get_if<std::unique_ptr<Call>>(&operand); call != nullptr && is_logical((*call)->function)) {
        Cursor::refuse_at(column, fmt::format("{}() is true or false by itself and cannot be compared", name_of((*call)->function)));
    }
    return operand;
}

Operand Parser::operand() {
    const int column = in_.column();
    const auto c = in_.peek().value_or(0);
    if (c == '@' || c == '$') return query();
    if (c == '\'' || c == '"') return Literal{in_.string(), {}};
    if (c == '-' || (c >= '0' && c <= '9')) return in_.number();
    // true, false, null and the names of functions: small letters, then digits and underlines too.
    std::string word;
    for (auto l = in_.peek(); l && ((*l >= 'a' && *l <= 'z') || (!word.empty() && (*l == '_' || (*l >= '0' && *l <= '9')))); l = in_.peek()) {
        word += static_cast<char>(*in_.next());
    }
    if (in_.at('(') && !word.empty()) {
        const auto function = from_name<Function>(word);
        if (!function) Cursor::refuse_at(column, fmt::format("there is no function {}()", word));
        return std::make_unique<Call>(call(*function, column));
    }
    if (word == "true") return Literal{true, {}};
    if (word == "false") return Literal{false, {}};
    if (word == "null") return Literal{nullptr, {}};
    (void)in_.at_end();  // says so if it is not UTF-8 that stops us
    Cursor::refuse_at(column, "a query, a literal or a function is missing");
}

Call Parser::call(Function function, int column) {
    const Nesting level(*this);
    in_.next();
    Call out{function, {}, std::nullopt};
    in_.skip_blanks();
    int pattern_column = in_.column();
    if (!in_.at(')')) {
        do {
            in_.skip_blanks();
            pattern_column = in_.column();
            argument(out, takes_nodes(function) ? Type::nodes : Type::value);
            in_.skip_blanks();
        } while (in_.take(","));
    }
    in_.expect(')', "after the arguments");
    if (out.arguments.size() != arity(function)) {
        Cursor::refuse_at(column, fmt::format("{}() takes {}", name_of(function), arity(function) == 1 ? "one argument" : "two arguments"));
    }
    if (is_logical(function)) compile_pattern(out, pattern_column);
    return out;
}

// By section 2.4.3. A condition is grammatical here, but no function takes one.
void Parser::argument(Call& call, Type type) {
    const int column = in_.column();
    const auto name = name_of(call.function);
    if (in_.at('!') || in_.at('(')) in_.refuse(fmt::format("{}() does not take a condition", name));
    auto out = operand();
    auto ahead = in_;
    ahead.skip_blanks();
    if (comparator(ahead) || ahead.take("&&") || ahead.take("||")) Cursor::refuse_at(column, fmt::format("{}() does not take a condition", name));
    const auto* query = std::get_if<Query>(&out);
    const auto* inner = std::get_if<std::unique_ptr<Call>>(&out);
    if (type == Type::nodes && query == nullptr) Cursor::refuse_at(column, fmt::format("{}() takes a query", name));
    if (type == Type::value && query != nullptr && !query->singular()) {
        Cursor::refuse_at(column, fmt::format("{}() takes a value, and this query may yield more than one", name));
    }
    if (type == Type::value && inner != nullptr && is_logical((*inner)->function)) {
        Cursor::refuse_at(column, fmt::format("{}() takes a value, and {}() is true or false", name, name_of((*inner)->function)));
    }
    call.arguments.push_back(std::move(out));
}

void Parser::compile_pattern(Call& call, int column) {
    const auto* literal = std::get_if<Literal>(&call.arguments[1]);
    if (literal == nullptr || !literal->value.is_string()) return;
    auto compiled = regex::compile_iregexp(literal->value.get_ref<const std::string&>());
    if (compiled) {
        call.pattern = *std::move(compiled);
        return;
    }
    SyntaxError error{column, "the pattern is not usable: " + compiled.error().message};
    if (compiled.error().kind == regex::IregexpError::Kind::beyond_us) throw error;
    unmatchable_.push_back(std::move(error));
}

}  // namespace sonde::jsonpath

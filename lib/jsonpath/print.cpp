#include "lib/jsonpath/print.h"

#include <fmt/format.h>

namespace sonde::jsonpath {
namespace {

std::string print(const Expression& expression);

std::string print(const Operand& operand) {
    if (const auto* query = std::get_if<Query>(&operand)) return print(*query);
    if (const auto* literal = std::get_if<Literal>(&operand)) {
        if (literal->value.is_string()) return quote_name(literal->value.get_ref<const std::string&>());
        return literal->text.empty() ? literal->value.dump() : literal->text;
    }
    const auto& call = *std::get<std::unique_ptr<Call>>(operand);
    std::string out = fmt::format("{}(", name_of(call.function));
    for (const auto& argument : call.arguments) out += (&argument == &call.arguments.front() ? "" : ", ") + print(argument);
    return out + ')';
}

template <class Parts>
std::string joined(const Parts& parts, const char* by) {
    std::string out = "(";
    for (const auto& part : parts) out += (&part == &parts.front() ? "" : by) + print(part);
    return out + ')';
}

// What may stand after a `!`, and as a part of `&&` and `||`, is in parentheses where it needs them.
std::string print(const Expression& expression) {
    if (const auto* either = std::get_if<Or>(&expression.is)) return joined(either->any, " || ");
    if (const auto* both = std::get_if<And>(&expression.is)) return joined(both->all, " && ");
    if (const auto* query = std::get_if<Query>(&expression.is)) return print(*query);
    if (const auto* opposite = std::get_if<Not>(&expression.is)) {
        const auto text = print(*opposite->of);
        const bool bare = std::holds_alternative<Comparison>(opposite->of->is) || std::holds_alternative<Not>(opposite->of->is);
        return bare ? "!(" + text + ")" : "!" + text;
    }
    if (const auto* comparison = std::get_if<Comparison>(&expression.is)) {
        return fmt::format("{} {} {}", print(comparison->left), name_of(comparison->comparator), print(comparison->right));
    }
    const auto& call = std::get<Call>(expression.is);
    std::string out = fmt::format("{}(", name_of(call.function));
    for (const auto& argument : call.arguments) out += (&argument == &call.arguments.front() ? "" : ", ") + print(argument);
    return out + ')';
}

std::string print(const Selector& selector) {
    if (const auto* name = std::get_if<NameSelector>(&selector)) return quote_name(name->name);
    if (std::holds_alternative<WildcardSelector>(selector)) return "*";
    if (const auto* index = std::get_if<IndexSelector>(&selector)) return fmt::format("{}", index->index);
    if (const auto* slice = std::get_if<SliceSelector>(&selector)) {
        const auto number = [](std::optional<std::int64_t> n) { return n ? fmt::format("{}", *n) : std::string{}; };
        return number(slice->start) + ":" + number(slice->end) + (slice->step == 1 ? "" : fmt::format(":{}", slice->step));
    }
    return "?" + print(*std::get<FilterSelector>(selector).condition);
}

}  // namespace

std::string print(const Query& query) {
    std::string out(1, query.absolute ? '$' : '@');
    for (const auto& segment : query.segments) {
        out += segment.descendant ? "..[" : "[";
        for (const auto& selector : segment.selectors) out += (&selector == &segment.selectors.front() ? "" : ", ") + print(selector);
        out += ']';
    }
    return out;
}

std::string quote_name(std::string_view name) {
    std::string out = "'";
    for (const char c : name) {
        switch (c) {
            case '\b': out += "\\b"; break;
            case '\t': out += "\\t"; break;
            case '\n': out += "\\n"; break;
            case '\f': out += "\\f"; break;
            case '\r': out += "\\r"; break;
            case '\'': out += "\\'"; break;
            case '\\': out += "\\\\"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    out += c;
                }
        }
    }
    return out + '\'';
}

}  // namespace sonde::jsonpath

#include "cli/import/gatus_condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/import/findings.h"
#include "lib/base/duration.h"

namespace sonde::cli::import_from {
namespace {

constexpr std::size_t kLongestCondition = 4096;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

struct Operator {
    std::string_view sign;
    Comparison comparison;
};
constexpr std::array<Operator, 6> kOperators{Operator{" == ", Comparison::equal},   Operator{" != ", Comparison::not_equal},
                                             Operator{" <= ", Comparison::at_most}, Operator{" >= ", Comparison::at_least},
                                             Operator{" < ", Comparison::less},     Operator{" > ", Comparison::greater}};

// What is within `name(…)`.
std::optional<std::string_view> argument(std::string_view text, std::string_view name) {
    if (!text.starts_with(name) || !text.ends_with(')') || text.size() <= name.size() + 1 || text[name.size()] != '(') return std::nullopt;
    return text.substr(name.size() + 1, text.size() - name.size() - 2);
}

bool read_left(std::string_view left, Condition& condition) {
    if (const auto inner = argument(left, "len")) {
        condition.function = Function::length;
        left = *inner;
    } else if (const auto of = argument(left, "has")) {
        condition.function = Function::has;
        left = *of;
    }
    const auto close = left.find(']');
    const auto placeholder = from_name<Placeholder>(left.substr(0, close == std::string_view::npos ? close : close + 1));
    if (!placeholder) return false;
    condition.on = *placeholder;
    condition.path = left.substr(close + 1);
    return condition.path.empty() || condition.on == Placeholder::body;
}

void read_right(std::string_view right, Condition& condition) {
    if (const auto pattern = argument(right, "pat")) {
        condition.form = Condition::Form::pattern;
        condition.values = {std::string(*pattern)};
    } else if (const auto list = argument(right, "any")) {
        condition.form = Condition::Form::any;
        for (std::string_view rest = *list;;) {
            const auto comma = rest.find(',');
            condition.values.emplace_back(trimmed(rest.substr(0, comma)));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    } else {
        condition.values = {std::string(right)};
    }
}

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool holds(Comparison comparison, std::int64_t left, std::int64_t right) {
    switch (comparison) {
        case Comparison::equal: return left == right;
        case Comparison::not_equal: return left != right;
        case Comparison::less: return left < right;
        case Comparison::at_most: return left <= right;
        case Comparison::greater: return left > right;
        case Comparison::at_least: return left >= right;
    }
    return false;
}

bool status_holds(const Condition& condition, int status) {
    const auto text = std::to_string(status);
    bool found = false;
    for (const auto& value : condition.values) {
        const auto number = number_in(value);
        const bool fits = value.starts_with("pat(") ? matches_pattern(std::string_view(value).substr(4, value.size() - 5), text) : number && *number == status;
        found = found || fits;
    }
    if (condition.form == Condition::Form::pattern) found = matches_pattern(condition.values.front(), text);
    if (condition.comparison == Comparison::equal) return found;
    if (condition.comparison == Comparison::not_equal) return !found;
    const auto number = number_in(condition.values.front());
    return number && holds(condition.comparison, status, *number);
}

bool has_numbers(const Condition& condition) {
    if (condition.form == Condition::Form::pattern) return true;
    for (const auto& value : condition.values) {
        if (!number_in(value) && !value.starts_with("pat(")) return false;
    }
    return condition.form == Condition::Form::literal || condition.comparison == Comparison::equal || condition.comparison == Comparison::not_equal;
}

// True if it is taken over.
bool assert_time(const Condition& condition, Json& assertions) {
    const auto ms = condition.form == Condition::Form::literal ? number_in(condition.values.front()) : std::nullopt;
    const bool bounds = condition.comparison == Comparison::less || condition.comparison == Comparison::at_most;
    if (!ms || !bounds || *ms < 1 || *ms >= 120'000) return false;
    assertions.push_back({{"on", "response_time"}, {"below_ms", *ms + (condition.comparison == Comparison::at_most ? 1 : 0)}});
    return true;
}

// `*x*` asks that x is in it.
std::optional<std::string> contained(std::string_view pattern) {
    if (pattern.size() < 3 || pattern.front() != '*' || pattern.back() != '*') return std::nullopt;
    const auto inner = pattern.substr(1, pattern.size() - 2);
    return inner.find('*') == std::string_view::npos ? std::optional(std::string(inner)) : std::nullopt;
}

std::string regex_of_any(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values) {
        const bool pattern = value.starts_with("pat(") && value.ends_with(')');
        text += (text.empty() ? "(?s)^(?:" : "|") + (pattern ? regex_of(std::string_view(value).substr(4, value.size() - 5)).substr(5) : escape_regex(value));
        if (pattern) text.resize(text.size() - 1);  // of its own `$`
    }
    return text + ")$";
}

bool assert_text(const Condition& condition, Json assertion, Json& assertions) {
    const bool equal = condition.comparison == Comparison::equal;
    if (!equal && condition.comparison != Comparison::not_equal) return false;
    switch (condition.form) {
        case Condition::Form::literal: assertion[equal ? "equals" : "not_equals"] = condition.values.front(); break;
        case Condition::Form::any: assertion[equal ? "matches" : "not_matches"] = regex_of_any(condition.values); break;
        case Condition::Form::pattern:
            if (const auto inner = contained(condition.values.front())) {
                assertion[equal ? "contains" : "not_contains"] = *inner;
            } else {
                assertion[equal ? "matches" : "not_matches"] = regex_of(condition.values.front());
            }
    }
    assertions.push_back(std::move(assertion));
    return true;
}

bool assert_json(const Condition& condition, Json& assertions) {
    const auto path = json_path(condition.path);
    if (!path) return false;
    Json assertion{{"on", "json"}, {"path", *path}};
    const auto& value = condition.values.front();
    if (condition.function == Function::has) {
        const bool wanted = (value == "true") == (condition.comparison == Comparison::equal);
        if (condition.form != Condition::Form::literal || (value != "true" && value != "false")) return false;
        if (condition.comparison != Comparison::equal && condition.comparison != Comparison::not_equal) return false;
        assertion[wanted ? "exists" : "not_exists"] = true;
        assertions.push_back(std::move(assertion));
        return true;
    }
    const auto number = condition.form == Condition::Form::literal ? number_in(value) : std::nullopt;
    if (number || value == "true" || value == "false") {
        static constexpr std::array<const char*, 6> names{"equals", "not_equals", "below", "at_most", "above", "at_least"};
        if (!number && condition.comparison != Comparison::equal && condition.comparison != Comparison::not_equal) return false;
        assertion[names.at(static_cast<std::size_t>(condition.comparison))] = number ? Json(*number) : Json(value == "true");
        assertions.push_back(std::move(assertion));
        return true;
    }
    return assert_text(condition, std::move(assertion), assertions);
}

bool assert_certificate(const Condition& condition, Json& assertions) {
    const auto days = condition.form == Condition::Form::literal ? days_in(condition.values.front()) : std::nullopt;
    if (!days || (condition.comparison != Comparison::greater && condition.comparison != Comparison::at_least) || *days > 3650) return false;
    assertions.push_back({{"on", "certificate"}, {"days_left_at_least", *days}});
    return true;
}

}  // namespace

Result<Condition> parse_condition(std::string_view text) {
    if (text.size() > kLongestCondition) return Error{"it is too long"};
    text = trimmed(text);
    for (const auto& [sign, comparison] : kOperators) {
        const auto at = text.find(sign);
        if (at == std::string_view::npos) continue;
        Condition condition;
        condition.comparison = comparison;
        if (!read_left(trimmed(text.substr(0, at)), condition)) return Error{"what it looks at is not known"};
        read_right(trimmed(text.substr(at + sign.size())), condition);
        return condition;
    }
    return Error{"it compares nothing"};
}

std::optional<std::string> json_path(std::string_view path) {
    std::string text = "$";
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    while (!path.empty()) {
        if (path.front() == '[') {
            const auto close = path.find(']');
            const auto digits = path.substr(1, close == std::string_view::npos ? close : close - 1);
            if (close == std::string_view::npos || digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
            text += fmt::format("[{}]", *number_in(digits));
            path.remove_prefix(close + 1);
            continue;
        }
        if (path.front() != '.') return std::nullopt;
        path.remove_prefix(1);
        const auto end = std::min(path.find_first_of(".["), path.size());
        const auto name = path.substr(0, end);
        if (name.empty()) return std::nullopt;
        bool is_plain = !(name.front() >= '0' && name.front() <= '9');
        for (const char c : name) {
            is_plain = is_plain && plain(c);
            if (c == '\'' || c == '\\' || static_cast<unsigned char>(c) < 0x20) return std::nullopt;
        }
        text += is_plain ? fmt::format(".{}", name) : fmt::format("['{}']", name);
        path.remove_prefix(end);
    }
    return text;
}

std::string regex_of(std::string_view pattern) {
    std::string text = "(?s)^";
    for (std::size_t begin = 0; begin <= pattern.size();) {
        const auto star = std::min(pattern.find('*', begin), pattern.size());
        text += escape_regex(pattern.substr(begin, star - begin));
        if (star < pattern.size()) text += ".*";
        begin = star + 1;
    }
    return text + "$";
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
    // The last star takes as little as it can, and more where the rest does not fit.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t taken = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

void assert_http(const Condition& condition, const std::string& text, Statuses& statuses, Json& assertions, std::vector<std::string>& notes) {
    bool taken = false;
    switch (condition.on) {
        case Placeholder::status:
            taken = condition.function == Function::none && has_numbers(condition);
            for (int status = 100; taken && status < 600; ++status) {
                auto& accepted = statuses.at(static_cast<std::size_t>(status - 100));
                accepted = accepted && status_holds(condition, status);
            }
            break;
        case Placeholder::response_time: taken = condition.function == Function::none && assert_time(condition, assertions); break;
        case Placeholder::body:
            if (condition.function == Function::length) break;
            taken = condition.path.empty() && condition.function == Function::none ? assert_text(condition, {{"on", "body"}}, assertions) : assert_json(condition, assertions);
            break;
        case Placeholder::connected: taken = condition.comparison == Comparison::equal && condition.values.front() == "true"; break;
        case Placeholder::certificate_expiration: taken = assert_certificate(condition, assertions); break;
        case Placeholder::ip:
        case Placeholder::dns_rcode:
        case Placeholder::domain_expiration: break;
    }
    if (!taken) notes.push_back(fmt::format("the condition `{}` is not taken over", text));
}

std::string ranges_of(const Statuses& statuses) {
    std::string text;
    for (std::size_t i = 0; i < statuses.size(); ++i) {
        if (!statuses.at(i)) continue;
        auto end = i;
        while (end + 1 < statuses.size() && statuses.at(end + 1)) ++end;
        text += fmt::format("{}{}", text.empty() ? "" : ",", i + 100);
        if (end > i) text += fmt::format("-{}", end + 100);
        i = end;
    }
    return text;
}

std::optional<int> days_in(std::string_view duration) {
    constexpr std::int64_t day = 86'400'000;
    const auto parsed = parse_duration(duration);
    if (!parsed) return std::nullopt;
    return static_cast<int>((parsed->count() + day - 1) / day);
}

}  // namespace sonde::cli::import_from

#include "lib/check/http/assertion_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::check {
namespace {

constexpr std::size_t kMaxTogether = 16 * 1024;  // so that a batch of jobs stays below the bus's limit
constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxHeaderName = 128;
constexpr std::int64_t kMaxMilliseconds = 120'000;  // no check lasts longer
constexpr std::int64_t kMaxDays = 3650;

// PostgreSQL's jsonb has no U+0000. Recurses as deep as the document, which its parser has bounded.
bool has_null_character(const Json& value) {
    if (value.is_string()) return value.get_ref<const std::string&>().find('\0') != std::string::npos;
    if (!value.is_structured()) return false;
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            if (name.find('\0') != std::string::npos) return true;
        }
    }
    return std::any_of(value.begin(), value.end(), has_null_character);
}

class AssertionReader {
public:
    AssertionReader(const Json& document, const std::string& pointer, json::Problems& problems)
        : in_(document, pointer, problems), pointer_(pointer), problems_(problems) {}

    void read(Assertion& assertion) {
        in_.require({"on"});
        if (!in_.name("on", assertion.on)) return;
        read_object_of(assertion);
        in_.name("severity", assertion.severity);
        read_comparison(assertion);
        in_.finish();
    }

    void refuse(std::string_view field, std::string detail) { in_.refuse(field, std::move(detail)); }

private:
    void read_object_of(Assertion& assertion) {
        if (assertion.on == Subject::header) {
            in_.require({"name"});
            in_.text("name", assertion.of, {.min = 1, .max = kMaxHeaderName});
            const auto is_odd = [](char c) { return c <= ' ' || c == ':' || c > '~'; };
            if (std::any_of(assertion.of.begin(), assertion.of.end(), is_odd)) in_.refuse("name", "is not a header name");
        } else if (assertion.on == Subject::json) {
            in_.require({"path"});
            if (in_.text("path", assertion.of, {.min = 1, .max = jsonpath::kMaxQueryBytes})) compile_path(assertion);
        }
    }

    void compile_path(Assertion& assertion) {
        auto path = jsonpath::Path::compile(assertion.of);
        if (!path) return in_.refuse("path", fmt::format("is not a JSONPath, at column {}: {}", path.error().column, path.error().message));
        for (const auto& pattern : path->unmatchable()) {
            in_.refuse("path", fmt::format("has a pattern that nothing can match, at column {}: {}", pattern.column, pattern.message));
        }
        assertion.path = *std::move(path);
    }

    // Exactly one.
    void read_comparison(Assertion& assertion) {
        const ComparisonField* first = nullptr;
        std::string names;
        for (const auto& row : kComparisonFields) {
            if (row.on != assertion.on) continue;
            names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", row.field);
            const auto* value = in_.value(row.field);
            if (value == nullptr) continue;
            if (first != nullptr) {
                in_.refuse(row.field, fmt::format("is a second comparison beside \"{}\": make it an assertion of its own", first->field));
                continue;
            }
            first = &row;
            assertion.comparison = row.comparison;
            read_value(row, *value, assertion);
        }
        if (first == nullptr) problems_.push_back({pointer_, "needs a comparison, one of " + names});
    }

    void read_value(const ComparisonField& row, const Json& value, Assertion& assertion) {
        std::string text;
        std::int64_t number = 0;
        const bool of_body = row.on != Subject::header;
        switch (row.takes) {
            case Operand::yes:
                if (value != true) return in_.refuse(row.field, "must be true; its opposite is a comparison of its own");
                break;
            case Operand::text: {
                const bool whole = row.comparison == Comparison::equals || row.comparison == Comparison::not_equals;
                if (!in_.text(row.field, text, {.min = whole ? 0U : 1U, .max = kMaxText, .multi_line = of_body})) return;
                break;
            }
            case Operand::pattern: {
                if (!in_.text(row.field, text, {.min = 1, .max = regex::kMaxPatternBytes, .multi_line = of_body})) return;
                auto pattern = regex::Pattern::compile(text);
                if (!pattern) return in_.refuse(row.field, pattern.error().message);
                assertion.pattern = *std::move(pattern);
                break;
            }
            case Operand::any:
                if (has_null_character(value)) return in_.refuse(row.field, "must not contain U+0000");
                break;
            case Operand::ordered:
                if (value.is_string() ? has_null_character(value) : !value.is_number()) return in_.refuse(row.field, "must be a number or a string");
                break;
            case Operand::milliseconds:
                if (!in_.whole(row.field, number, std::int64_t{1}, kMaxMilliseconds)) return;
                break;
            case Operand::days:
                if (!in_.whole(row.field, number, std::int64_t{0}, kMaxDays)) return;
                break;
        }
        assertion.value = value;
    }

    json::Reader in_;
    std::string pointer_;
    json::Problems& problems_;
};

// Why an answer can never show what is asked; null if it can.
const char* unanswerable(const Assertion& assertion, const HttpSpec& spec) {
    if (assertion.needs_body() && spec.method == "HEAD") return "has nothing to look at: an answer to HEAD has no body";
    if (assertion.needs_body() && spec.max_body_bytes == 0) return "has nothing to look at: max_body_bytes is 0";
    if (assertion.on == Subject::certificate && spec.url.starts_with("http:") && !spec.follow_redirects) {
        return "has nothing to look at: the url is not https";
    }
    return nullptr;
}

}  // namespace

void read_assertions(json::Reader& in, HttpSpec& spec, json::Problems& problems) {
    read_warnings(in, "certificate_warn_days", spec.certificate_warn_days, static_cast<int>(kMaxDays));
    const auto* items = in.array("assertions", kMaxAssertions);
    if (items == nullptr) return;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < items->size(); ++i) {
        Assertion assertion;
        AssertionReader reader((*items)[i], fmt::format("{}/{}", in.pointer("assertions"), i), problems);
        const auto problems_before = problems.size();
        reader.read(assertion);
        if (problems.size() != problems_before) continue;
        if (const auto* why = unanswerable(assertion, spec)) {
            reader.refuse("on", why);
            continue;
        }
        bytes += assertion.of.size() + json::dump(assertion.value).size();
        spec.assertions.push_back(std::move(assertion));
    }
    if (bytes > kMaxTogether) in.refuse("assertions", fmt::format("must not be longer than {} bytes together", kMaxTogether));
}

}  // namespace sonde::check

#include "controlplane/api/endpoint/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lib/message/subject.h"

namespace sonde::controlplane {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `text` (Unicode, table 3-7); 0 if there is none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (first == 0xE0 && byte(1) < 0xA0) return 0;
        if (first == 0xED && byte(1) > 0x9F) return 0;
        return continues(1) && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (first == 0xF0 && byte(1) < 0x90) return 0;
        if (first == 0xF4 && byte(1) > 0x8F) return 0;
        return continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

bool is_plain_text(std::string_view text) {
    while (!text.empty()) {
        const auto length = sequence_length(text);
        if (length == 0) return false;
        const auto first = static_cast<unsigned char>(text.front());
        if (first < 0x20 || first == 0x7f) return false;
        text.remove_prefix(length);
    }
    return true;
}

Query::Query(const http::Request& request) : request_(request) {
    std::vector<std::string_view> seen;
    std::vector<std::string_view> twice;
    for (const auto& [name, value] : request_.query) {
        if (std::find(seen.begin(), seen.end(), name) == seen.end()) {
            seen.push_back(name);
        } else if (std::find(twice.begin(), twice.end(), name) == twice.end()) {
            twice.push_back(name);
            refuse(name, "is given more than once");
        }
    }
}

const std::string* Query::take(std::string_view name) {
    asked_.push_back(name);
    return request_.query_value(name);
}

std::optional<std::string> Query::text(std::string_view name, std::size_t max_bytes) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (value->empty() || value->size() > max_bytes || !is_plain_text(*value)) {
        refuse(name, fmt::format("must be 1 to {} bytes of UTF-8 without control characters", max_bytes));
        return std::nullopt;
    }
    return *value;
}

std::optional<std::string> Query::region(std::string_view name) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (message::subject::is_region_name(*value)) return *value;
    refuse(name, "must be the name of a region: a lower-case letter, then up to 31 of those, digits and hyphens");
    return std::nullopt;
}

std::optional<bool> Query::boolean(std::string_view name) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (*value == "true") return true;
    if (*value == "false") return false;
    refuse(name, "must be true or false");
    return std::nullopt;
}

std::optional<TimePoint> Query::instant(std::string_view name) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    const auto at = from_rfc3339(*value);
    if (at && *at >= TimePoint{}) return at;
    refuse(name, "must be an RFC 3339 date-time since 1970, like 2026-01-31T23:59:59Z");
    return std::nullopt;
}

std::optional<std::size_t> Query::index_of(std::string_view parameter, const std::string_view* names, std::size_t count) {
    const auto* value = take(parameter);
    if (value == nullptr) return std::nullopt;
    const auto* found = std::find(names, names + count, *value);
    if (found != names + count) return static_cast<std::size_t>(found - names);
    refuse(parameter, fmt::format("must be one of {}", fmt::join(names, names + count, ", ")));
    return std::nullopt;
}

std::optional<int> Query::whole(std::string_view name, int min, int max) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    int number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error == std::errc{} && end == value->data() + value->size() && number >= min && number <= max) return number;
    refuse(name, fmt::format("must be a whole number from {} to {}", min, max));
    return std::nullopt;
}

Page Query::page(std::string_view list, std::size_t keys) {
    Page page;
    page.list = list;
    page.limit = whole("limit", 1, Page::kMaxLimit).value_or(page.limit);
    if (const auto* value = take("cursor")) {
        page.after = Cursor::parse(*value, list, keys);
        if (!page.after) refuse("cursor", "is not a cursor of this list; use one from `next_cursor` as it is");
    }
    return page;
}

Sorting Query::sorting(SortKeys keys) {
    const auto* value = take("sort");
    if (value == nullptr) return Sorting(keys);
    auto sorting = Sorting::parse(*value, keys);
    if (sorting) return std::move(*sorting);
    refuse("sort", sorting.error().message);
    return Sorting(keys);
}

Fields Query::fields(std::span<const std::string_view> known) {
    const auto* value = take("fields");
    if (value == nullptr) return {};
    auto fields = Fields::parse(*value, known);
    if (fields) return std::move(*fields);
    refuse("fields", fields.error().message);
    return {};
}

std::optional<SearchTerms> Query::search() {
    const auto text = this->text("q", SearchTerms::kMaxBytes);
    if (!text) return std::nullopt;
    auto terms = SearchTerms::parse(*text);
    if (terms) return std::move(*terms);
    refuse("q", terms.error().message);
    return std::nullopt;
}

void Query::refuse(std::string_view name, std::string detail) {
    problems_.push_back({fmt::format("?{}", name), std::move(detail)});
}

void Query::finish() {
    for (const auto& [name, value] : request_.query) {
        if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
        asked_.push_back(name);
        refuse(name, "is not a parameter of this request");
    }
    refuse_if_any(problems_);
}

}  // namespace sonde::controlplane

// Strict reading of query parameters: like json::Reader, every mistake is reported, at `?<name>`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/api/endpoint/fields.h"
#include "controlplane/api/endpoint/page.h"
#include "controlplane/api/endpoint/search_terms.h"
#include "controlplane/api/endpoint/sorting.h"
#include "lib/base/enum_name.h"
#include "lib/base/instant.h"

namespace sonde::controlplane {

// Reads the parameters of one request. A parameter that is absent or wrong reads as nothing; `finish` then throws a 422 if any
// was wrong, unknown or given twice. It must be called, after all others. Not thread-safe; the request must outlive it.
class Query {
public:
    explicit Query(const http::Request& request);

    std::optional<std::string> text(std::string_view name, std::size_t max_bytes = 200);
    std::optional<std::string> region(std::string_view name);
    std::optional<bool> boolean(std::string_view name);
    std::optional<TimePoint> instant(std::string_view name);

    template <class Enum>
    std::optional<Enum> name(std::string_view parameter) {
        return names<Enum>(parameter, EnumNames<Enum>::names.data(), EnumNames<Enum>::names.size());
    }

    template <class AnyId>
    std::optional<AnyId> id(std::string_view name) {
        const auto* value = take(name);
        if (value == nullptr) return std::nullopt;
        const auto id = AnyId::parse(*value);
        if (!id) refuse(name, "is not an identifier of the right kind");
        return id;
    }

    // A whole number.
    std::optional<int> whole(std::string_view name, int min, int max);
    // `limit` and `cursor`. `list` names the list, with `keys` values in its cursors.
    Page page(std::string_view list, std::size_t keys);
    // The same of a list that is sorted as the caller likes; by the identifier, if he does not say.
    Page page(std::string_view list, const Sorting& sorting) { return page(sorting.list(list), sorting.size()); }
    // `sort`
    Sorting sorting(SortKeys keys);
    // `fields`
    Fields fields(std::span<const std::string_view> known);
    // `q`
    std::optional<SearchTerms> search();

    void refuse(std::string_view name, std::string detail);
    void finish();

private:
    const std::string* take(std::string_view name);
    std::optional<std::size_t> index_of(std::string_view parameter, const std::string_view* names, std::size_t count);

    template <class Enum>
    std::optional<Enum> names(std::string_view parameter, const std::string_view* all, std::size_t count) {
        const auto index = index_of(parameter, all, count);
        return index ? std::optional<Enum>{static_cast<Enum>(*index)} : std::nullopt;
    }

    const http::Request& request_;
    std::vector<std::string_view> asked_;
    json::Problems problems_;
};

// Text that PostgreSQL takes: valid UTF-8 without control characters.
bool is_plain_text(std::string_view text);

}  // namespace sonde::controlplane

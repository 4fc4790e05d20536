// Paging by cursors over the list's own sort key: rows that come or go between two pages neither repeat nor hide others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/instant.h"
#include "lib/http/message.h"

namespace sonde::controlplane {

// The sort key of the last row of a page. Opaque to clients: base64url of a JSON array [list, value…].
class Cursor {
public:
    using Value = std::variant<std::int64_t, std::string>;

    Cursor(std::string_view list, std::vector<Value> keys) : list_(list), keys_(std::move(keys)) {}

    // Nothing unless `text` was made by `text()` for this list, with as many keys.
    static std::optional<Cursor> parse(std::string_view text, std::string_view list, std::size_t keys);
    [[nodiscard]] std::string text() const;

    // The key at `index`; 0, the epoch or "" if it is of the other type, as only a forged cursor has it.
    [[nodiscard]] std::int64_t whole(std::size_t index) const;
    [[nodiscard]] TimePoint time(std::size_t index) const;  // within the years 1970 to 9999
    [[nodiscard]] std::string text(std::size_t index) const;

private:
    std::string list_;
    std::vector<Value> keys_;
};

// What was asked for.
struct Page {
    static constexpr int kDefaultLimit = 50;
    static constexpr int kMaxLimit = 500;

    std::string list;
    int limit = kDefaultLimit;
    std::optional<Cursor> after;

    // To be fetched: one more than asked for tells whether there is a next page.
    [[nodiscard]] int fetch() const { return limit + 1; }
};

// {"items": […], "next_cursor": …} and, if there is more, the Link header.
http::Response list_response(const http::Request& request, std::vector<Json> items, const std::optional<Cursor>& next);

// `items` holds at most `page.fetch()`. `key_of(index)` gives the sort key of an item; it is asked only if there is a next page.
template <class KeyOf>
http::Response page_response(const http::Request& request, const Page& page, std::vector<Json> items, KeyOf key_of) {
    std::optional<Cursor> next;
    if (items.size() > static_cast<std::size_t>(page.limit)) {
        items.resize(static_cast<std::size_t>(page.limit));
        next = Cursor{page.list, key_of(items.size() - 1)};
    }
    return list_response(request, std::move(items), next);
}

}  // namespace sonde::controlplane

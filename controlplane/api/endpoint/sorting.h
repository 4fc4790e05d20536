// The order of a list as its caller asks for it, `sort=name,-created_at`, and going on in it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/page.h"
#include "lib/base/result.h"

namespace sonde::controlplane {

struct SortKey {
    enum class Type : unsigned char { whole, text, instant };

    std::string_view name;  // as callers write it
    std::string_view sql;   // never null
    Type type;
};

// All that a list may be sorted by. The first is the identifier: it comes last in every order, so that no two items are equal.
using SortKeys = std::span<const SortKey>;

class Sorting {
public:
    // By the identifier.
    explicit Sorting(SortKeys keys) : parts_{{&keys.front(), false}} {}
    // Names between commas, each at most once; a hyphen before one for the largest first. An error says which there are.
    static Result<Sorting> parse(std::string_view text, SortKeys keys);

    // A cursor is good for this order alone: `monitors`, or `monitors:name,-created_at`.
    [[nodiscard]] std::string list(std::string_view name) const;
    // How many values are in a cursor.
    [[nodiscard]] std::size_t size() const { return parts_.size(); }

    // What follows `order by`.
    [[nodiscard]] std::string order() const;
    // Of each item, to be selected for its cursor: `size()` columns.
    [[nodiscard]] std::string columns() const;
    // Those columns of a row, from `first` on.
    [[nodiscard]] std::vector<Cursor::Value> values(const db::Row& row, int first) const;
    // Only what comes after the cursor.
    void add_after(Conditions& conditions, const Cursor& cursor) const;

private:
    struct Part {
        const SortKey* key;
        bool descending;
    };
    explicit Sorting(std::vector<Part> parts) : parts_(std::move(parts)) {}

    std::vector<Part> parts_;
};

}  // namespace sonde::controlplane

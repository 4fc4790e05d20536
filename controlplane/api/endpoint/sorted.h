// A page of a list that is sorted as its caller likes, from the database.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/page.h"
#include "controlplane/api/endpoint/sorting.h"
#include "lib/db/db.h"

namespace sonde::controlplane {

// A part of a list, and of each of its items where it stands in the list's order.
template <class Item>
struct Sorted {
    std::vector<Item> items;
    std::vector<std::vector<Cursor::Value>> keys;
};

// What a statement selects: `count` columns, and from where.
struct Selected {
    std::string_view columns;
    int count;
    std::string_view from;  // `from …` with its joins
};

// Those that the page is to have, of one more as `Page::fetch` says. `read` makes an item of a row. Throws DbError.
template <class Read>
auto read_sorted(db::Tx& tx, const Selected& selected, Conditions conditions, const Sorting& sorting, const Page& page, Read read) {
    if (page.after) sorting.add_after(conditions, *page.after);
    const auto limit = conditions.bind(page.fetch());
    Sorted<decltype(read(std::declval<const db::Row&>()))> found;
    for (const auto row : tx.run_text(fmt::format("select {}, {} {} {} order by {} limit {}", selected.columns, sorting.columns(), selected.from,
                                                  conditions.where(), sorting.order(), limit),
                                      conditions.params())) {
        found.items.push_back(read(row));
        found.keys.push_back(sorting.values(row, selected.count));
    }
    return found;
}

}  // namespace sonde::controlplane

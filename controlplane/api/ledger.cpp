#include "controlplane/api/ledger.h"

#include <fmt/format.h>

#include "controlplane/api/conditions.h"
#include "controlplane/api/query.h"

namespace sonde::controlplane {
namespace {

// A check may start late and then take its whole timeout: only after this is what is missing certainly missed.
constexpr std::string_view kSelect = R"(
    select minute, region, expected, executed, late, skipped, missed, minute < now() - interval '4 minutes' from slot_account )";

Json present(const db::Row& row) {
    Json document;
    document["minute"] = to_rfc3339(row.time(0));
    document["region"] = row.text(1);
    document["expected"] = row.whole(2);
    document["executed"] = row.whole(3);
    document["late"] = row.whole(4);
    document["skipped"] = row.whole(5);
    document["missed"] = row.whole(6);
    document["complete"] = row.boolean(7);
    return document;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("ledger", 2);
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    const auto region = query.text("region", 32);
    if (from && to && *from >= *to) query.refuse("to", "must be after `from`");
    query.finish();
    Conditions conditions;
    if (from) conditions.add("minute >= ?::timestamptz", {*from});
    if (to) conditions.add("minute < ?::timestamptz", {*to});
    if (!from && !to) conditions.add("minute >= now() - interval '1 day'");
    if (region) conditions.add("region = ?", {*region});
    if (page.after) {
        conditions.add("minute <= ?::timestamptz", {page.after->time(0)});
        conditions.add("(minute, region) < (?::timestamptz, ?)", {page.after->time(0), page.after->text(1)});
    }
    const auto sql = fmt::format("{}{} order by minute desc, region desc limit {}", kSelect, conditions.where(),
                                 conditions.bind(page.fetch()));
    const auto rows = backend.pool.transact([&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        const auto row = rows[static_cast<int>(i)];
        return std::vector<Cursor::Value>{to_unix_ms(row.time(0)), std::string(row.text(1))};
    });
}

}  // namespace

Endpoints ledger_endpoints() { return {{http::Method::get, "/v1/ledger", Role::viewer, list}}; }

}  // namespace sonde::controlplane

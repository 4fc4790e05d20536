#include "controlplane/api/agent.h"

#include <fmt/format.h>

#include "controlplane/api/conditions.h"
#include "controlplane/api/query.h"

namespace sonde::controlplane {
namespace {

constexpr std::string_view kSelect = R"(
    select region, name, version, started_at, last_seen_at, last_seen_at > now() - interval '15 seconds', draining, clock_offset_ms,
           in_flight, queued, capacity, checks, checks_per_second, spooled_bytes, dropped
    from agent )";

Json present(const db::Row& row) {
    Json document;
    document["region"] = row.text(0);
    document["name"] = row.text(1);
    document["version"] = row.text(2);
    document["started_at"] = to_rfc3339(row.time(3));
    document["last_seen_at"] = to_rfc3339(row.time(4));
    document["live"] = row.boolean(5);
    document["draining"] = row.boolean(6);
    document["clock_offset_ms"] = row.whole(7);
    document["in_flight"] = row.whole(8);
    document["queued"] = row.whole(9);
    document["capacity"] = row.whole(10);
    document["checks"] = row.whole(11);
    document["checks_per_second"] = row.real(12);
    document["spooled_bytes"] = row.whole(13);
    document["dropped"] = row.whole(14);
    return document;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("agents", 2);
    const auto region = query.text("region", 32);
    query.finish();
    Conditions conditions;
    if (region) conditions.add("region = ?", {*region});
    if (page.after) conditions.add("(region, name) > (?, ?)", {page.after->text(0), page.after->text(1)});
    const auto sql =
        fmt::format("{}{} order by region, name limit {}", kSelect, conditions.where(), conditions.bind(page.fetch()));
    const auto rows = backend.pool.transact([&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        const auto row = rows[static_cast<int>(i)];
        return std::vector<Cursor::Value>{std::string(row.text(0)), std::string(row.text(1))};
    });
}

}  // namespace

Endpoints agent_endpoints() { return {{http::Method::get, "/v1/agents", Role::viewer, list}}; }

}  // namespace sonde::controlplane

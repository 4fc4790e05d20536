#include "controlplane/api/advisory.h"

#include <fmt/format.h>

#include "controlplane/api/conditions.h"
#include "controlplane/api/query.h"

namespace sonde::controlplane {
namespace {

constexpr std::string_view kSelect = R"(
    select a.id, a.site_id, s.name, a.monitor_id, m.name, a.regions, a.cause, a.opened_at, a.closed_at
    from advisory a join site s on s.id = a.site_id left join monitor m on m.id = a.monitor_id )";

Json present(const db::Row& row) {
    Json document;
    document["id"] = row.id<AdvisoryId>(0).text();
    document["site_id"] = row.id<SiteId>(1).text();
    document["site_name"] = row.text(2);
    document["monitor_id"] = row.id<MonitorId>(3).text();
    document["monitor_name"] = row.is_null(4) ? Json(nullptr) : Json(row.text(4));
    document["regions"] = row.texts(5);
    document["cause"] = row.text(6);
    document["opened_at"] = to_rfc3339(row.time(7));
    document["closed_at"] = row.is_null(8) ? Json(nullptr) : Json(to_rfc3339(row.time(8)));
    return document;
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto page = query.page("advisories", 1);
    const auto site = query.id<SiteId>("site_id");
    const auto open = query.boolean("open");
    query.finish();
    Conditions conditions;
    if (site) conditions.add("a.site_id = ?", {*site});
    if (open) conditions.add(*open ? "a.closed_at is null" : "a.closed_at is not null");
    if (page.after) conditions.add("a.id < ?", {page.after->whole(0)});
    const auto sql = fmt::format("{}{} order by a.id desc limit {}", kSelect, conditions.where(), conditions.bind(page.fetch()));
    const auto rows = backend.pool.transact([&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items),
                         [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

}  // namespace

Endpoints advisory_endpoints() { return {{http::Method::get, "/v1/advisories", Role::viewer, list}}; }

}  // namespace sonde::controlplane

#include "controlplane/api/incident/advisory.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/command_desk.h"
#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/region/region.h"

namespace sonde::controlplane::advisory_api {
namespace {

constexpr std::string_view kSelect = R"(
    select a.id, a.site_id, s.name, a.monitor_id, m.name, a.regions, a.cause, a.opened_at, a.closed_at,
           a.reason, a.acknowledged_at, a.acknowledged_by, a.muted_at, a.muted_by, a.comment, a.flapping_since
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
    document["reason"] = row.text(9);
    document["flapping_since"] = instant_or_null(row, 15);
    document["acknowledged_at"] = instant_or_null(row, 10);
    document["acknowledged_by"] = text_or_null(row, 11);
    document["muted_at"] = instant_or_null(row, 12);
    document["muted_by"] = text_or_null(row, 13);
    document["comment"] = row.text(14);
    return document;
}

const std::string kFindSql = std::string(kSelect) + "where a.id = $1";
const db::Statement kFind{"advisory_find", kFindSql};

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<AdvisoryId>(call, "advisory_id");
    const auto rows = call.transact(backend, [&](db::Tx& tx) { return tx.run(kFind, {id}); });
    if (rows.empty()) not_found("there is no such advisory");
    return http::Response::json(present(rows[0]));
}

// The engine does it and tells it.
http::Response act(Backend& backend, const Call& call, std::string_view action) {
    Query(call.request).finish();
    const auto id = path_id<AdvisoryId>(call, "advisory_id");
    switch (backend.commands.ask(call, VotingCommand{"advisory", id.value(), action, call.actor.name, read_optional_comment(call)}).outcome) {
        case Outcome::done:
        case Outcome::unchanged: return read(backend, call);
        case Outcome::not_found: not_found("there is no such advisory");
        case Outcome::conflict: throw http::ProblemError{http::problem::conflict, "the advisory is closed", {}};
        case Outcome::busy: return unanswered_command("too many requests wait for the incident engine", "advisory");
        default: return unanswered_command("no incident engine answered in time", "advisory");
    }
}

http::Response acknowledge(Backend& backend, const Call& call) { return act(backend, call, "acknowledge"); }
http::Response mute(Backend& backend, const Call& call) { return act(backend, call, "mute"); }

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
    const auto rows = call.transact(backend, [&](db::Tx& tx) { return tx.run_text(sql, conditions.params()); });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items),
                         [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/advisories", Permission::incidents_read, list},
        {Method::get, "/v1/advisories/{advisory_id}", Permission::incidents_read, read},
        {Method::post, "/v1/advisories/{advisory_id}/acknowledge", Permission::incidents_write, acknowledge, kMaxBodyBytes, Once::by_command},
        {Method::post, "/v1/advisories/{advisory_id}/mute", Permission::incidents_write, mute, kMaxBodyBytes, Once::by_command},
    };
}

}  // namespace sonde::controlplane::advisory_api

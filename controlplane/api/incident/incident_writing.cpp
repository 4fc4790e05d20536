#include "controlplane/api/incident/incident_writing.h"

#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/incident/incident_store.h"

namespace sonde::controlplane::incident_writing_api {
namespace {

constexpr db::Statement kUpdates{"incident_updates", R"(
    select number, status, body, author, at, edited_at from incident_update
    where incident_id = $1 and deleted_at is null and number > $2 order by number limit $3)"};

constexpr db::Statement kVersions{"incident_postmortems", R"(
    select version, body, root_cause, published, author, at from incident_postmortem
    where incident_id = $1 and version < $2 order by version desc limit $3)"};

Json present_update(const db::Row& row) {
    Json document;
    document["number"] = row.small(0);
    document["status"] = row.text(1);
    document["text"] = row.text(2);
    document["author"] = row.text(3);
    document["at"] = to_rfc3339(row.time(4));
    document["edited_at"] = instant_or_null(row, 5);
    return document;
}

Json present_postmortem(const db::Row& row) {
    Json document;
    document["version"] = row.small(0);
    document["text"] = row.text(1);
    document["root_cause"] = row.text(2);
    document["published"] = row.boolean(3);
    document["author"] = row.text(4);
    document["at"] = to_rfc3339(row.time(5));
    return document;
}

using Presenter = Json (*)(const db::Row&);

// One page; the first column is the key. `first` is the key before the first one.
http::Response list(Backend& backend, const Call& call, const db::Statement& statement, std::string_view name, int first, Presenter present) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto page = query.page(name, 1);
    query.finish();
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found("there is no such incident");
        return tx.run(statement, {id, page.after ? page.after->whole(0) : std::int64_t{first}, page.fetch()});
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items),
                         [&rows](std::size_t i) { return std::vector<Cursor::Value>{rows[static_cast<int>(i)].whole(0)}; });
}

http::Response list_updates(Backend& backend, const Call& call) {
    return list(backend, call, kUpdates, "incident_updates", 0, present_update);
}

http::Response list_versions(Backend& backend, const Call& call) {
    return list(backend, call, kVersions, "incident_postmortems", INT32_MAX, present_postmortem);
}

http::Response postmortem(Backend& backend, const Call& call) {
    Query(call.request).finish();
    const auto id = path_id<IncidentId>(call, "incident_id");
    const auto rows = call.transact(backend, [&](db::Tx& tx) { return tx.run(kVersions, {id, INT32_MAX, 1}); });
    if (rows.empty()) not_found("there is no such incident, or no postmortem of it");
    return http::Response::json(present_postmortem(rows[0]));
}

}  // namespace

Endpoints endpoints() {
    using http::Method;
    return {
        {Method::get, "/v1/incidents/{incident_id}/updates", Permission::incidents_read, list_updates},
        {Method::get, "/v1/incidents/{incident_id}/postmortem", Permission::incidents_read, postmortem},
        {Method::get, "/v1/incidents/{incident_id}/postmortem/versions", Permission::incidents_read, list_versions},
    };
}

}  // namespace sonde::controlplane::incident_writing_api

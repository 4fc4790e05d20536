#include "controlplane/api/incident/evidence.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/conditions.h"
#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/incident/evidence_window.h"
#include "controlplane/api/incident/incident_store.h"
#include "controlplane/api/monitor/monitor_store.h"

namespace sonde::controlplane::evidence_api {
namespace {

constexpr int kMostItems = 100;  // of a page: each may be long

constexpr std::string_view kOfMonitor = R"(
    select g.name, e.slot, e.attempt, e.at, e.verdict, e.document, e.region_id
    from evidence e left join region g on g.id = e.region_id )";

// The monitors of an incident, each time they joined it: by themselves, or as those that had failed of a group that joined.
constexpr std::string_view kJoined = R"(
    with joined as (select seq, at, monitor_id, data from incident_event
                    where incident_id = $1 and kind in ('opened', 'monitor_joined') and seq >= $2)
    select seq, place, at, monitor_id, name, votes, interval_ms, member, group_id, group_name
    from (select j.seq, 0 as place, j.at, j.monitor_id, coalesce(m.name, '') as name, j.data as votes, coalesce(m.interval_ms, 0)::bigint as interval_ms,
                 null as member, null as group_id, null as group_name
          from joined j left join monitor m on m.id = j.monitor_id where j.monitor_id is not null
          union all
          select j.seq, e.place::integer, j.at, null, coalesce(e.member ->> 'name', ''), e.member, (e.member ->> 'interval_ms')::bigint, e.member ->> 'id',
                 j.data #>> '{group,id}', j.data #>> '{group,name}'
          from joined j cross join lateral jsonb_array_elements(j.data -> 'members') with ordinality as e (member, place)
          where j.monitor_id is null and jsonb_typeof(j.data -> 'members') = 'array') every
    where (seq, place) > ($2, $3) order by seq, place limit $4)";

// Of each window the latest piece in it: failing, or good (verdict 0).
constexpr std::string_view kInWindows = R"(
    select r.name, e.slot, e.attempt, e.at, e.verdict, e.document, w.place
    from unnest($1::integer[], $2::bigint[], $3::text[], $4::boolean[], $5::timestamptz[], $6::timestamptz[])
             as w (place, monitor_id, region, failing, since, until)
    join region r on r.name = w.region
    cross join lateral (
        select slot, attempt, at, verdict, document from evidence
        where monitor_id = w.monitor_id and region_id = r.id and slot between w.since and w.until and (verdict <> 0) = w.failing
        order by slot desc, attempt desc limit 1) e
    order by w.place, w.failing desc, r.name)";

Json present(const db::Row& row) {
    Json document;
    document["region"] = text_or_null(row, 0);
    document["slot"] = to_rfc3339(row.time(1));
    document["attempt"] = row.small(2);
    document["at"] = to_rfc3339(row.time(3));
    document["verdict"] = verdict_name(row.small(4));
    auto seen = stored_json(row.text(5));
    document["evidence"] = seen.is_object() ? std::move(seen) : Json::object();
    return document;
}

Page read_page(Query& query, std::string_view list, std::size_t keys) {
    auto page = query.page(list, keys);
    if (page.limit > kMostItems) query.refuse("limit", fmt::format("must be at most {} here", kMostItems));
    return page;
}

http::Response of_monitor(Backend& backend, const Call& call) {
    const auto id = path_id<MonitorId>(call, "monitor_id");
    Query query(call.request);
    const auto page = read_page(query, "evidence", 3);
    const auto from = query.instant("from");
    const auto to = query.instant("to");
    if (from && to && *from >= *to) query.refuse("to", "must be after `from`");
    const auto region = query.region("region");
    query.finish();
    Conditions conditions;
    conditions.add("e.monitor_id = ?", {id});
    if (from) conditions.add("e.slot >= ?::timestamptz", {*from});
    if (to) conditions.add("e.slot < ?::timestamptz", {*to});
    if (region) conditions.add("g.name = ?", {*region});
    if (page.after) {
        conditions.add("(e.slot, e.region_id, e.attempt) < (?::timestamptz, ?::bigint, ?::bigint)",
                       {page.after->time(0), page.after->whole(1), page.after->whole(2)});
    }
    const auto sql = fmt::format("{}{} order by e.slot desc, e.region_id desc, e.attempt desc limit {}", kOfMonitor, conditions.where(),
                                 conditions.bind(page.fetch()));
    const auto rows = call.transact(backend, [&](db::Tx& tx) {
        if (!monitor_store::exists(tx, id)) not_found("there is no such monitor");
        return tx.run_text(sql, conditions.params());
    });
    std::vector<Json> items;
    for (const auto row : rows) items.push_back(present(row));
    return page_response(call.request, page, std::move(items), [&rows](std::size_t i) {
        const auto row = rows[static_cast<int>(i)];
        return std::vector<Cursor::Value>{to_unix_ms(row.time(1)), row.whole(6), row.whole(2)};
    });
}

MonitorId monitor_of(const db::Row& joined) {
    return joined.is_null(3) ? MonitorId::parse(joined.text(7)).value_or(MonitorId{}) : joined.id<MonitorId>(3);
}

// One item for each row of kJoined, without what was seen.
Json present_joined(const db::Row& row, const std::optional<TimePoint>& decisive) {
    Json document;
    document["monitor_id"] = monitor_of(row).text();
    document["monitor_name"] = row.text(4);
    if (!row.is_null(8)) document["group"] = {{"id", row.text(8)}, {"name", text_or_null(row, 9)}};
    document["joined_at"] = to_rfc3339(row.time(2));
    document["slot"] = decisive ? Json(to_rfc3339(*decisive)) : Json(nullptr);
    document["regions"] = Json::array();
    return document;
}

// What is looked for, in columns.
struct Windows {
    std::vector<int> places;
    std::vector<std::int64_t> monitors;
    std::vector<std::string> regions;
    std::vector<bool> failing;
    std::vector<TimePoint> since, until;

    void add(int place, std::int64_t monitor, const EvidenceWindow& window) {
        places.push_back(place);
        monitors.push_back(monitor);
        regions.push_back(window.region);
        failing.push_back(window.failing);
        since.push_back(window.since);
        until.push_back(window.until);
    }
};

http::Response of_incident(Backend& backend, const Call& call) {
    const auto id = path_id<IncidentId>(call, "incident_id");
    Query query(call.request);
    const auto page = read_page(query, "incident_evidence", 2);
    query.finish();
    return call.transact(backend, [&](db::Tx& tx) {
        if (!incident_store::exists(tx, id)) not_found("there is no such incident");
        const auto joined = tx.run_text(kJoined, {id, page.after ? page.after->whole(0) : 0, page.after ? page.after->whole(1) : 0, page.fetch()});
        std::vector<Json> items;
        Windows wanted;
        for (const auto row : joined) {
            const auto windows = evidence_windows(votes_in(stored_json(row.text(5))), milliseconds{row.whole(6)});
            const auto place = static_cast<int>(items.size());
            items.push_back(present_joined(row, windows.decisive));
            if (place == page.limit) continue;  // only tells that there is more
            for (const auto& window : windows.windows) wanted.add(place, monitor_of(row).value(), window);
        }
        if (!wanted.places.empty()) {
            for (const auto row : tx.run_text(kInWindows, {wanted.places, wanted.monitors, wanted.regions, wanted.failing, wanted.since, wanted.until})) {
                items.at(static_cast<std::size_t>(row.small(6)))["regions"].push_back(present(row));
            }
        }
        return page_response(call.request, page, std::move(items), [&joined](std::size_t i) {
            const auto row = joined[static_cast<int>(i)];
            return std::vector<Cursor::Value>{row.whole(0), std::int64_t{row.small(1)}};
        });
    });
}

}  // namespace

Endpoints endpoints() {
    return {
        {http::Method::get, "/v1/monitors/{monitor_id}/evidence", Permission::monitors_read, of_monitor},
        {http::Method::get, "/v1/incidents/{incident_id}/evidence", Permission::incidents_read, of_incident},
    };
}

}  // namespace sonde::controlplane::evidence_api

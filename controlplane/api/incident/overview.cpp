#include "controlplane/api/incident/overview.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/query.h"
#include "controlplane/api/endpoint/state.h"
#include "controlplane/api/endpoint/stored.h"
#include "controlplane/api/incident/incident_store.h"
#include "lib/base/relation_id.h"

namespace sonde::controlplane::overview_api {
namespace {

// Of each sort; the lists have the rest.
constexpr int kMost = 20;

// By indexes of the few that are not well: all others are up. Nothing is counted twice, for only those that are not paused are counted by what was decided.
constexpr db::Statement kTotals{"overview_totals", R"(
    select (select count(*) from monitor where deleted_at is null), (select count(*) from site where deleted_at is null),
           (select count(*) from (select id from monitor where deleted_at is null and (paused or not enabled)
                                  union select m.id from site s join monitor m on m.site_id = s.id
                                  where s.deleted_at is null and not s.active and m.deleted_at is null) paused))"};
constexpr db::Statement kStates{"overview_states", R"(
    select case when state in ('pending', 'paused') then 'pending' else state end, count(*), count(distinct m.site_id)
    from (select monitor_id, state from monitor_state where state <> 'up' union all select monitor_id, 'pending' from monitor_unjudged) ms
    join monitor m on m.id = ms.monitor_id join site s on s.id = m.site_id
    where m.deleted_at is null and not m.paused and m.enabled and s.active group by 1)"};
constexpr db::Statement kFailing{"overview_failing", R"(
    select m.id, m.name, s.id, s.name, ms.state, ms.since, m.severity,
           (select j.incident_id from incident_monitor j join incident i on i.id = j.incident_id
            where j.monitor_id = m.id and j.left_at is null and not j.is_group and i.state <> 'resolved' order by j.incident_id desc limit 1)
    from (select monitor_id, state, since from monitor_state where state in ('down', 'degraded', 'unknown') and state <> 'up') ms
    join monitor m on m.id = ms.monitor_id join site s on s.id = m.site_id
    where m.deleted_at is null and not m.paused and m.enabled and s.active
    order by array_position(array['down', 'unknown', 'degraded'], ms.state), ms.since desc, m.id limit $1)"};
constexpr db::Statement kOpen{"overview_incidents", R"(
    select scope, state, count(*) from incident where state <> 'resolved' group by 1, 2)"};
constexpr db::Statement kRegions{"overview_regions", R"(
    select r.name, coalesce(h.health, 'voting'), h.since, coalesce(c.covered, a.live > 0), c.since, a.live
    from region r cross join lateral (select count(*) as live from agent where agent.region = r.name and last_seen_at > now() - interval '15 seconds') a
    left join region_coverage c on c.region = r.name left join region_health h on h.region_id = r.id
    where coalesce(h.health, 'voting') <> 'voting' or not coalesce(c.covered, a.live > 0) order by r.name limit $1)"};
constexpr db::Statement kAgents{"overview_agents", R"(
    select region, name, last_seen_at, count(*) over () from agent where last_seen_at <= now() - interval '15 seconds' order by last_seen_at desc, region, name limit $1)"};
constexpr db::Statement kMaintenance{"overview_maintenance", R"(
    select w.id, w.title, o.starts_at, o.ends_at, count(*) over () from maintenance_occurrence o join maintenance w on w.id = o.window_id
    where o.started_at is not null and o.ended_at is null and w.deleted_at is null order by o.ends_at, w.id limit $1)"};
// Pages that are on their way for longer than a first attempt takes, and those that were given up within a day.
constexpr db::Statement kLate{"overview_late", R"(
    select d.id, d.channel_id, c.name, d.event_kind, d.incident_id, d.state, d.attempts, d.created_at, count(*) over ()
    from delivery d join channel c on c.id = d.channel_id
    where (d.state in ('planned', 'sending') and d.created_at < now() - interval '30 seconds') or (d.state = 'dead' and d.done_at > now() - interval '1 day')
    order by d.created_at desc, d.id limit $1)"};

// `{"count": …, "items": […], "more": a link or null}`
Json part(std::int64_t count, Json items, const std::string& link) {
    const bool all = static_cast<std::int64_t>(items.size()) == count;
    return {{"count", count}, {"items", std::move(items)}, {"more", all ? Json(nullptr) : Json(link)}};
}

std::int64_t count_in(const db::Rows& rows, int column) { return rows.empty() ? 0 : rows[0].whole(column); }

struct Counts {
    std::int64_t monitors = 0, sites = 0, failing = 0;
    Json states;
};

Counts count(db::Tx& tx) {
    Counts counts;
    const auto totals = tx.run(kTotals);
    counts.monitors = totals[0].whole(0);
    counts.sites = totals[0].whole(1);
    for (const auto name : EnumNames<State>::names) counts.states[std::string(name)] = 0;
    counts.states["paused"] = totals[0].whole(2);
    auto up = counts.monitors - totals[0].whole(2);
    for (const auto row : tx.run(kStates)) {
        const auto state = std::string(row.text(0));
        counts.states[state] = row.whole(1);
        up -= row.whole(1);
        if (state == "down" || state == "degraded" || state == "unknown") counts.failing += row.whole(1);
    }
    counts.states["up"] = std::max<std::int64_t>(up, 0);
    return counts;
}

Json failing(db::Tx& tx, std::int64_t count) {
    Json items = Json::array();
    for (const auto row : tx.run(kFailing, {kMost})) {
        items.push_back({{"id", row.id<MonitorId>(0).text()},
                         {"name", row.text(1)},
                         {"site_id", row.id<SiteId>(2).text()},
                         {"site_name", row.text(3)},
                         {"state", row.text(4)},
                         {"since", to_rfc3339(row.time(5))},
                         {"severity", row.text(6)},
                         {"incident_id", row.is_null(7) ? Json(nullptr) : Json(row.id<IncidentId>(7).text())}});
    }
    return part(count, std::move(items), "/v1/monitors?state=down");
}

Json incidents(db::Tx& tx) {
    std::int64_t open = 0;
    std::int64_t acknowledged = 0;
    std::int64_t outages = 0;
    for (const auto row : tx.run(kOpen)) {
        (row.text(1) == "open" ? open : acknowledged) += row.whole(2);
        if (row.text(0) == "outage") outages += row.whole(2);
    }
    Conditions conditions;
    conditions.add("i.state <> 'resolved'");
    Json items = Json::array();
    for (auto& incident : incident_store::list(tx, std::move(conditions), kMost)) items.push_back(std::move(incident.document));
    auto document = part(open + acknowledged, std::move(items), "/v1/incidents?state=open");
    document["open"] = open;
    document["acknowledged"] = acknowledged;
    document["outages"] = outages;
    return document;
}

Json regions(db::Tx& tx) {
    Json items = Json::array();
    for (const auto row : tx.run(kRegions, {kMost})) {
        items.push_back({{"name", row.text(0)},
                         {"health", row.text(1)},
                         {"covered", row.boolean(3)},
                         {"since", row.boolean(3) ? instant_or_null(row, 2) : instant_or_null(row, 4)},
                         {"agents_live", row.whole(5)}});
    }
    const auto count = static_cast<std::int64_t>(items.size());
    return {{"count", count}, {"items", std::move(items)}, {"more", count < kMost ? Json(nullptr) : Json("/v1/regions")}};
}

Json agents(db::Tx& tx) {
    Json items = Json::array();
    const auto rows = tx.run(kAgents, {kMost});
    for (const auto row : rows) items.push_back({{"region", row.text(0)}, {"name", row.text(1)}, {"last_seen_at", to_rfc3339(row.time(2))}});
    return part(count_in(rows, 3), std::move(items), "/v1/agents");
}

Json maintenance(db::Tx& tx) {
    Json items = Json::array();
    const auto rows = tx.run(kMaintenance, {kMost});
    for (const auto row : rows) {
        items.push_back({{"id", row.id<WindowId>(0).text()}, {"title", row.text(1)}, {"starts_at", to_rfc3339(row.time(2))}, {"ends_at", to_rfc3339(row.time(3))}});
    }
    return part(count_in(rows, 4), std::move(items), "/v1/maintenance?over=false");
}

Json undelivered(db::Tx& tx) {
    Json items = Json::array();
    const auto rows = tx.run(kLate, {kMost});
    for (const auto row : rows) {
        items.push_back({{"id", row.id<DeliveryId>(0).text()},
                         {"channel_id", row.id<ChannelId>(1).text()},
                         {"channel_name", row.text(2)},
                         {"event_kind", row.text(3)},
                         {"incident_id", row.is_null(4) ? Json(nullptr) : Json(row.id<IncidentId>(4).text())},
                         {"state", row.text(5)},
                         {"attempts", row.whole(6)},
                         {"created_at", to_rfc3339(row.time(7))}});
    }
    return part(count_in(rows, 8), std::move(items), "/v1/channels");
}

http::Response read(Backend& backend, const Call& call) {
    Query(call.request).finish();
    return http::Response::json(call.transact(backend, [](db::Tx& tx) {
        const auto counts = count(tx);
        Json document;
        document["at"] = to_rfc3339(wall_now());
        document["sites"] = {{"count", counts.sites}};
        document["monitors"] = {{"count", counts.monitors}, {"by_state", counts.states}};
        document["failing"] = failing(tx, counts.failing);
        document["incidents"] = incidents(tx);
        document["regions"] = regions(tx);
        document["silent_agents"] = agents(tx);
        document["maintenance"] = maintenance(tx);
        document["undelivered"] = undelivered(tx);
        return document;
    }));
}

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/overview", Permission::incidents_read, read}}; }

}  // namespace sonde::controlplane::overview_api

#include "controlplane/api/history/missed.h"

#include <fmt/format.h>

#include "controlplane/api/endpoint/query.h"

namespace sonde::controlplane::missed_api {
namespace {

constexpr std::chrono::hours kLongest{1};
constexpr std::chrono::hours kFurthestBack{24};
constexpr int kMonitorsAtOnce = 500;  // at most: where most monitors miss something few fill a page, so that each look is at twice as many as the one before
constexpr int kRoundsAtMost = 20;     // pages are filled by so many looks, or are not full
constexpr int kSlotsTold = 20;

// The monitors as they are defined now: slots follow from that by arithmetic. Only minutes are looked at of which the ledger misses something.
constexpr db::Statement kMissed{"missed_slots", R"sql(
with minutes as materialized (
    select minute, region, (extract(epoch from minute) * 1000)::bigint as ms from slot_account
    where minute >= $1 and minute < $2 and missed > 0 and ($3::text is null or region = $3)),
wanted as materialized (
    select m.id, m.name, m.site_id, m.interval_ms, m.phase_ms, m.regions, m.placement, m.updated_at, m.created_at
    from monitor m join site s on s.id = m.site_id
    where m.id > $4 and m.deleted_at is null and m.enabled and not m.paused and m.kind <> 'heartbeat' and s.active and s.deleted_at is null
    order by m.id limit $5),
placed as (
    select w.*, r.id as region_id, r.name as region, r.place, r.n
    from wanted w cross join lateral (
        select id, name, row_number() over (order by name) - 1 as place, count(*) over () as n from region
        where cardinality(w.regions) = 0 or name = any(w.regions)) r),
due as (
    select p.*, to_timestamp((p.phase_ms + k * p.interval_ms::bigint) / 1000.0::float8) as slot
    from placed p join minutes t on t.region = p.region
    cross join lateral generate_series(ceil((t.ms - p.phase_ms)::float8 / p.interval_ms)::bigint,
                                       ceil((t.ms + 60000 - p.phase_ms)::float8 / p.interval_ms)::bigint - 1) as k
    where p.placement = 'all' or k % p.n = p.place)
select id, name, site_id, region, count(*), (array_agg(to_char(slot at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') order by slot))[1:$6], max(slot) < max(updated_at),
       (select max(id) from wanted), (select count(*) from wanted)
from due where slot >= created_at
  and not exists (select from result r where r.monitor_id = due.id and r.slot = due.slot and r.region_id = due.region_id and r.attempt = 0)
group by id, name, site_id, region order by id, region)sql"};

// Where a look has come to that found nothing missed.
constexpr db::Statement kLookedAt{"missed_looked_at", R"sql(
select max(id), count(*) from (
    select m.id from monitor m join site s on s.id = m.site_id
    where m.id > $1 and m.deleted_at is null and m.enabled and not m.paused and m.kind <> 'heartbeat' and s.active and s.deleted_at is null
    order by m.id limit $2) w)sql"};

Json present(const db::Row& row) {
    Json slots = Json::array();
    for (const auto& text : row.texts(5)) slots.push_back(text);
    return {{"monitor_id", row.id<MonitorId>(0).text()},
            {"monitor_name", row.text(1)},
            {"site_id", row.id<SiteId>(2).text()},
            {"region", row.text(3)},
            {"missed", row.whole(4)},
            {"slots", std::move(slots)},
            {"edited_since", row.boolean(6)}};
}

http::Response list(Backend& backend, const Call& call) {
    Query query(call.request);
    const auto now = wall_now();
    const auto page = query.page("missed", 1);
    const auto to = std::chrono::floor<std::chrono::minutes>(query.instant("to").value_or(now));
    const auto from = std::chrono::floor<std::chrono::minutes>(query.instant("from").value_or(to - kLongest));
    const auto region = query.region("region");
    if (from >= to) query.refuse("to", "must be in a minute after `from`");
    if (to - from > kLongest) query.refuse("from", "must be at most an hour before `to`");
    if (from < now - kFurthestBack) query.refuse("from", "must be within the last 24 hours: results of before are packed");
    query.finish();

    std::vector<Json> items;
    std::int64_t after = page.after ? page.after->whole(0) : 0;
    bool more = true;
    int at_once = std::min(page.limit, kMonitorsAtOnce);
    call.transact(backend, [&](db::Tx& tx) {
        for (int round = 0; round < kRoundsAtMost && more && items.size() < static_cast<std::size_t>(page.limit); ++round) {
            const auto rows = tx.run(kMissed, {TimePoint{from}, TimePoint{to}, region, after, at_once, kSlotsTold});
            // The regions of one monitor stay together: a page may be longer than asked for by the regions of its last.
            for (const auto row : rows) {
                if (items.size() >= static_cast<std::size_t>(page.limit) && row.whole(0) != after) return;
                items.push_back(present(row));
                after = row.whole(0);
            }
            const auto looked = rows.empty() ? tx.run(kLookedAt, {after, at_once}) : rows;
            const int first = rows.empty() ? 0 : 7;
            more = looked[0].whole(first + 1) == at_once;
            if (more) after = looked[0].whole(first);
            at_once = std::min(2 * at_once, kMonitorsAtOnce);
        }
    });
    return list_response(call.request, std::move(items), more ? std::optional(Cursor{page.list, {after}}) : std::nullopt);
}

}  // namespace

Endpoints endpoints() { return {{http::Method::get, "/v1/ledger/missed", Permission::monitors_read, list}}; }

}  // namespace sonde::controlplane::missed_api

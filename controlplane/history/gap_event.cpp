#include "controlplane/history/gap_event.h"

#include <algorithm>
#include <map>

#include "lib/log/log.h"

namespace sonde::history {
namespace {

// Results of before may be packed.
constexpr std::chrono::hours kMonitorsKnownFor{24};

constexpr db::Statement kGapOpen{"gap_open", "select region, since, until, expected, missed from slot_gap order by region"};
constexpr db::Statement kGapPut{"gap_put", R"sql(
insert into slot_gap (region, since, until, expected, missed) values ($1, $2, $3, $4, $5)
on conflict (region) do update set since = excluded.since, until = excluded.until, expected = excluded.expected, missed = excluded.missed)sql"};
constexpr db::Statement kGapOver{"gap_over", "delete from slot_gap where region = $1"};
constexpr db::Statement kGapEvent{"gap_event_add", "insert into outbox (id, at, kind, payload) values ($1, $2, $3, $4::jsonb)"};
constexpr db::Statement kGapNotify{"gap_notify", "select pg_notify('sonde_outbox', '')"};

// Slots follow from the definitions as they are now. Of one minute, so that a region of very many monitors costs little.
constexpr db::Statement kGapMonitors{"gap_monitors", R"sql(
with of as (
    select id, name, place, n, ($2::bigint) as ms
    from (select id, name, row_number() over (order by name) - 1 as place, count(*) over () as n from region) r where name = $1),
placed as (
    select m.id, m.interval_ms, m.phase_ms, m.created_at, o.id as region_id, o.ms, m.placement,
           case when cardinality(m.regions) = 0 then o.place
                else (select count(*) from region r where r.name = any(m.regions) and r.name < $1) end as place,
           case when cardinality(m.regions) = 0 then o.n else (select count(*) from region r where r.name = any(m.regions)) end as n
    from of o join monitor m on cardinality(m.regions) = 0 or $1 = any(m.regions) join site s on s.id = m.site_id
    where m.deleted_at is null and m.enabled and not m.paused and m.kind <> 'heartbeat' and s.active and s.deleted_at is null)
select count(*) from placed p where exists (
    select from generate_series(ceil((p.ms - p.phase_ms)::float8 / p.interval_ms)::bigint,
                                ceil((p.ms + 60000 - p.phase_ms)::float8 / p.interval_ms)::bigint - 1) as k
    cross join lateral (select to_timestamp((p.phase_ms + k * p.interval_ms::bigint) / 1000.0::float8) as slot) due
    where (p.placement = 'all' or k % p.n = p.place) and due.slot >= p.created_at
      and not exists (select from result r where r.monitor_id = p.id and r.slot = due.slot and r.region_id = p.region_id and r.attempt = 0)))sql"};

std::optional<std::int64_t> monitors_missed(db::Tx& tx, const std::string& region, const GapEdge& edge, TimePoint now) {
    if (!edge.began || edge.gap.since < now - kMonitorsKnownFor) return std::nullopt;
    return tx.run(kGapMonitors, {region, to_unix_ms(edge.gap.since)})[0].whole(0);
}

}  // namespace

Json gap_event(EventId id, TimePoint at, const std::string& region, const GapEdge& edge, std::optional<std::int64_t> monitors) {
    Json document;
    document["v"] = 1;
    document["id"] = id.text();
    document["kind"] = edge.began ? "coverage.missed" : "coverage.resumed";
    document["at"] = to_rfc3339(at);
    document["actor"] = "controlplane";
    document["reason"] = edge.began ? "slots_missed" : "slots_executed_again";
    document["regions"] = Json::array({region});
    document["coverage"] = {{"region", region},
                            {"since", to_rfc3339(edge.gap.since)},
                            {"until", to_rfc3339(edge.gap.until)},
                            {"expected", edge.gap.expected},
                            {"missed", edge.gap.missed}};
    if (monitors) document["coverage"]["monitors"] = *monitors;
    return document;
}

void tell_gaps(db::Tx& tx, const std::vector<Closed>& closed, const HistoryOptions& options) {
    const auto upto = closed_upto(tx);
    if (!upto) return;
    std::map<std::string, std::optional<Gap>> regions;
    for (const auto& one : closed) regions[one.region];
    for (const auto row : tx.run(kGapOpen)) regions[std::string(row.text(0))] = Gap{row.time(1), row.time(2), row.whole(3), row.whole(4)};
    bool told = false;
    for (const auto& [region, before] : regions) {
        const auto found = std::find_if(closed.begin(), closed.end(), [&name = region](const Closed& one) { return one.region == name; });
        const auto step = follow_gap(before, found != closed.end() ? std::span<const Minute>(found->minutes) : std::span<const Minute>{}, *upto, options.warn_missed);
        if (step.open == before && step.edges.empty()) continue;
        if (step.open) tx.run(kGapPut, {region, step.open->since, step.open->until, step.open->expected, step.open->missed});
        else tx.run(kGapOver, {region});
        const auto now = wall_now();
        for (const auto& edge : step.edges) {
            const auto id = new_id<EventId>();
            const auto document = gap_event(id, now, region, edge, monitors_missed(tx, region, edge, now));
            tx.run(kGapEvent, {id, now, document["kind"].get<std::string>(), json::dump(document)});
            log::warning(edge.began ? "slots_missed" : "slots_executed_again", "region", region, "missed", edge.gap.missed, "expected", edge.gap.expected, "since",
                         to_rfc3339(edge.gap.since), "until", to_rfc3339(edge.gap.until));
            told = true;
        }
    }
    if (told) tx.run(kGapNotify);
}

}  // namespace sonde::history

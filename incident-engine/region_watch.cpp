#include "incident-engine/region_watch.h"

#include "lib/log/log.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kEvery{1000};
constexpr milliseconds kInDoubtEvery{500};
constexpr milliseconds kPressingEvery{100};

constexpr db::Statement kOthers{"region_report_others", R"sql(
select region_id, shards, asks, (extract(epoch from since) * 1000)::bigint, failing, seen_well, judgeable, extract(epoch from now() - at)::float8
from region_report where engine <> $1 and at > now() - interval '4 seconds')sql"};

constexpr db::Statement kReport{"region_report_put", R"sql(
insert into region_report (region_id, engine, at, shards, alone, well, ill, healthy, anchors, anchors_failing, asks, since, failing, seen_well, judgeable)
select r.id, $2, now(), $3, $4::integer[], $5::integer[], $6, $7, $8, $9, $10, $11, $12, $13, $14 from region r where r.id = $1
on conflict (region_id, engine) do update
set at = excluded.at, shards = excluded.shards, alone = excluded.alone, well = excluded.well, ill = excluded.ill, healthy = excluded.healthy,
    anchors = excluded.anchors, anchors_failing = excluded.anchors_failing, asks = excluded.asks, since = excluded.since, failing = excluded.failing,
    seen_well = excluded.seen_well, judgeable = excluded.judgeable)sql"};

RegionReport report_of(const db::Row& row, TimePoint now) {
    RegionReport report;
    report.region = static_cast<decision::RegionId>(row.small(0));
    report.shards = row.small(1);
    report.asks = row.boolean(2);
    if (!row.is_null(3)) report.since = from_unix_ms(row.whole(3));
    report.failing = row.small(4);
    report.well = row.small(5);
    if (!row.is_null(6)) report.judgeable = row.small(6);
    report.at = now - milliseconds{static_cast<std::int64_t>(row.real(7) * 1000)};
    return report;
}

}  // namespace

RegionWatch::RegionWatch(Options options, db::Pool& pool, const Holdings& holdings, Metrics& metrics)
    : options_(std::move(options)), pool_(pool), metrics_(metrics), survey_(holdings, options_.settings) {}

void RegionWatch::exchange(db::Tx& tx, std::size_t shards, TimePoint now) {
    std::vector<RegionReport> others;
    for (const auto row : tx.run(kOthers, {options_.owner})) others.push_back(report_of(row, now));
    const auto reports = survey_.report(std::move(others), shards, now);
    metrics_.regions_in_doubt.set(static_cast<double>(reports.size()));
    if (!reports.empty()) next_ = Clock::now() + kInDoubtEvery;
    for (const auto& report : reports) {
        const auto& evidence = report.evidence;
        const std::vector<int> alone(evidence.alone.begin(), evidence.alone.end());
        const std::vector<int> well(evidence.well.begin(), evidence.well.end());
        tx.run(kReport, {static_cast<int>(report.region), options_.owner, report.shards, alone, well, evidence.ill, evidence.healthy, evidence.anchors,
                         evidence.anchors_failing, report.asks, report.since, report.failing, report.well, report.judgeable});
    }
}

bool RegionWatch::step(std::size_t shards, TimePoint now) {
    if (!options_.enabled || shards == 0) return false;
    const auto started = Clock::now();
    if (started < next_ && (started < last_ + kPressingEvery || !survey_.presses())) return false;
    last_ = started;
    next_ = started + kEvery;
    try {
        pool_.transact([&](db::Tx& tx) { exchange(tx, shards, now); });
        if (std::exchange(failing_, false)) log::info("regions_reported_again");
    } catch (const db::DbError& error) {
        if (!std::exchange(failing_, true)) log::warning("regions_not_reported", "error", std::string_view{error.what()});
    }
    return survey_.brings_news();
}

decision::Judgement RegionWatch::judgement_on(decision::RegionId region, TimePoint seen_at, std::size_t shards, TimePoint now) {
    if (!options_.enabled) return decision::Judgement::well;
    return survey_.judgement_on(region, seen_at, shards, now);
}

}  // namespace sonde::engine

#include "controlplane/history/rollups.h"

#include "controlplane/history/cursor.h"
#include "lib/base/slot_range.h"

namespace sonde::history {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::string_view kHours = "hours";
constexpr std::string_view kDays = "days";

constexpr db::Statement kNow{"history_now", "select now()"};
constexpr db::Statement kBegin{"history_begin", "select coalesce(oldest_result_day()::timestamptz, date_trunc('day', now()))"};

constexpr db::Statement kMonitors{"rollup_monitors", R"sql(
select id from monitor where id > $1 and (deleted_at is null or deleted_at >= $2) order by id limit $3)sql"};

constexpr db::Statement kMakeMonth{"rollup_month", R"sql(
select make_partition('rollup_hour', 'rollup_hour_' || to_char(month, 'YYYYMM'), month::text, (month + interval '1 month')::text)
from (select distinct date_trunc('month', hour) as month from unnest($1::timestamptz[]) as hours (hour)) months
where to_regclass('rollup_hour_' || to_char(month, 'YYYYMM')) is null)sql"};

// A probe of the key for each monitor and hour: an hour's results of one monitor are few, and near each other in the index.
constexpr db::Statement kRollHours{"rollup_hours", R"sql(
with seen as (
    select w.hour, w.monitor_id, r.region_id, r.verdict, r.total_us, r.attempt = 0 or r.region_id = 0 as first,
           case when r.verdict <= 1 and r.attempt = 0 and r.region_id <> 0 then latency_bucket(r.total_us) end as bucket
    from unnest($1::bigint[], $2::timestamptz[]) as w (monitor_id, hour)
    join lateral (select region_id, attempt, verdict, total_us from result
                  where monitor_id = w.monitor_id and slot >= w.hour and slot < w.hour + interval '1 hour') r on true),
counted as (
    select hour, monitor_id, region_id, bucket, count(*) as n,
           count(*) filter (where first and verdict = 0) as up, count(*) filter (where first and verdict = 1) as degraded,
           count(*) filter (where first and verdict = 2) as down, count(*) filter (where first and verdict = 3) as unknown,
           count(*) filter (where not first) as confirmations, min(total_us) as min_us, max(total_us) as max_us, sum(total_us) as sum_us
    from seen group by hour, monitor_id, region_id, bucket)
insert into rollup_hour (hour, monitor_id, region_id, up, degraded, down, unknown, confirmations, min_us, max_us, sum_us, latencies)
select hour, monitor_id, region_id, sum(up), sum(degraded), sum(down), sum(unknown), sum(confirmations),
       min(min_us) filter (where bucket is not null), max(max_us) filter (where bucket is not null), sum(sum_us) filter (where bucket is not null),
       array_agg(((bucket << 20) | n)::integer order by bucket) filter (where bucket is not null)
from counted group by hour, monitor_id, region_id
on conflict (monitor_id, hour, region_id) do update
set up = excluded.up, degraded = excluded.degraded, down = excluded.down, unknown = excluded.unknown, confirmations = excluded.confirmations,
    min_us = excluded.min_us, max_us = excluded.max_us, sum_us = excluded.sum_us, latencies = excluded.latencies)sql"};

constexpr db::Statement kRollDays{"rollup_days", R"sql(
with summed as (
    select w.day, w.monitor_id, r.region_id, sum(r.up) as up, sum(r.degraded) as degraded, sum(r.down) as down, sum(r.unknown) as unknown,
           sum(r.confirmations) as confirmations, min(r.min_us) as min_us, max(r.max_us) as max_us, sum(r.sum_us) as sum_us,
           array_join(r.latencies) as entries
    from (select distinct monitor_id, day from unnest($1::bigint[], $2::timestamptz[]) as given (monitor_id, day)) w
    join rollup_hour r on r.monitor_id = w.monitor_id and r.hour >= w.day and r.hour < w.day + interval '1 day'
    group by w.day, w.monitor_id, r.region_id)
insert into rollup_day (day, monitor_id, region_id, up, degraded, down, unknown, confirmations, min_us, max_us, sum_us, latencies)
select day::date, monitor_id, region_id, up, degraded, down, unknown, confirmations, min_us, max_us, sum_us,
       (select array_agg(((bucket << 20) | n)::integer order by bucket)
        from (select entry >> 20 as bucket, sum(entry & 1048575) as n from unnest(entries) as e (entry) group by 1) buckets)
from summed
on conflict (monitor_id, day, region_id) do update
set up = excluded.up, degraded = excluded.degraded, down = excluded.down, unknown = excluded.unknown, confirmations = excluded.confirmations,
    min_us = excluded.min_us, max_us = excluded.max_us, sum_us = excluded.sum_us, latencies = excluded.latencies)sql"};

// An engine that notes the same hour meanwhile waits for this transaction, and then notes it anew.
constexpr db::Statement kTakeAgain{"rollup_again_take", R"sql(
delete from rollup_again where ctid = any(array(select ctid from rollup_again order by hour limit $1 for update skip locked))
returning monitor_id, hour)sql"};

struct Parts {
    std::vector<std::int64_t> monitors;
    std::vector<TimePoint> times;
};

void roll_hours(db::Tx& tx, const Parts& parts) {
    tx.run(kMakeMonth, {parts.times});
    tx.run(kRollHours, {parts.monitors, parts.times});
}

// The next monitors of what begins at `cursor.upto`; where there are none left, the cursor goes on by `length`.
Parts next_part(db::Tx& tx, Cursor& cursor, seconds length, const HistoryOptions& options) {
    Parts parts;
    for (const auto row : tx.run(kMonitors, {cursor.monitor_after, cursor.upto, options.monitors_at_once})) parts.monitors.push_back(row.whole(0));
    parts.times.assign(parts.monitors.size(), cursor.upto);
    if (parts.monitors.size() == static_cast<std::size_t>(options.monitors_at_once)) {
        cursor.monitor_after = parts.monitors.back();
    } else {
        cursor = {cursor.upto + length, 0};
    }
    return parts;
}

}  // namespace

bool roll_up_hours(db::Tx& tx, const HistoryOptions& options) {
    auto cursor = read_cursor(tx, kHours);
    if (!cursor) cursor = Cursor{tx.run(kBegin)[0].time(0)};
    const auto now = tx.run(kNow)[0].time(0);
    if (cursor->upto + hours{1} + 2 * kHourIsComplete > now) return false;
    const auto parts = next_part(tx, *cursor, hours{1}, options);
    if (!parts.monitors.empty()) roll_hours(tx, parts);
    write_cursor(tx, kHours, *cursor);
    return true;
}

bool roll_up_again(db::Tx& tx, const HistoryOptions& options) {
    Parts parts;
    for (const auto row : tx.run(kTakeAgain, {options.monitors_at_once})) {
        parts.monitors.push_back(row.whole(0));
        parts.times.push_back(row.time(1));
    }
    if (parts.monitors.empty()) return false;
    roll_hours(tx, parts);
    const auto done = read_cursor(tx, kDays);
    Parts whole;
    for (std::size_t i = 0; done && i < parts.times.size(); ++i) {
        const auto day = std::chrono::floor<days>(parts.times[i]);
        if (day > done->upto) continue;  // that it is under way is enough
        whole.monitors.push_back(parts.monitors[i]);
        whole.times.emplace_back(day);
    }
    if (!whole.monitors.empty()) tx.run(kRollDays, {whole.monitors, whole.times});
    return parts.monitors.size() == static_cast<std::size_t>(options.monitors_at_once);
}

bool roll_up_days(db::Tx& tx, const HistoryOptions& options) {
    const auto hours_done = read_cursor(tx, kHours);
    if (!hours_done) return false;
    auto cursor = read_cursor(tx, kDays);
    if (!cursor) cursor = Cursor{tx.run(kBegin)[0].time(0)};
    if (cursor->upto + days{1} > hours_done->upto) return false;
    const auto parts = next_part(tx, *cursor, days{1}, options);
    if (!parts.monitors.empty()) tx.run(kRollDays, {parts.monitors, parts.times});
    write_cursor(tx, kDays, *cursor);
    return true;
}

}  // namespace sonde::history

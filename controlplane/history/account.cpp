#include "controlplane/history/account.h"

#include <algorithm>
#include <map>

#include "controlplane/history/cursor.h"
#include "lib/base/slot_range.h"

namespace sonde::history {
namespace {

constexpr std::string_view kLedger = "ledger";
constexpr int kRowsAtOnce = 5'000;
constexpr int kHoursAtOnce = 48;

// Up to where the account can be closed. A share whose cursor stands behind has not yet told what was expected.
constexpr db::Statement kClosable{"ledger_closable", R"sql(
select date_trunc('minute', least(now() - $1 * interval '1 ms', (select min(published_to) from scheduler_cursor))),
       coalesce((select date_trunc('minute', min(minute)) from slot_ledger), date_trunc('minute', now() - $1 * interval '1 ms')))sql"};

constexpr db::Statement kClose{"ledger_close", R"sql(
insert into slot_minute (minute, region, expected, executed, late, skipped, missed)
select minute, region, sum(expected), sum(executed), sum(late), sum(skipped), greatest(sum(expected) - sum(executed), 0)
from slot_ledger where minute >= $1 and minute < $2 group by minute, region
on conflict do nothing
returning minute, region, expected, executed, late, missed)sql"};

constexpr db::Statement kFoldMinutes{"ledger_fold", R"sql(
with due as (
    select minute, region from slot_minute where not folded and minute < now() - $1 * interval '1 ms' order by minute limit $2 for update),
gone as (
    delete from slot_ledger l using due d where l.minute = d.minute and l.region = d.region returning l.minute, l.region, l.executed),
summed as (select minute, region, sum(executed) as executed from gone group by minute, region)
update slot_minute m set folded = true, recovered = greatest(coalesce(s.executed, 0) - m.executed, 0)
from due d left join summed s on s.minute = d.minute and s.region = d.region
where m.minute = d.minute and m.region = d.region)sql"};

constexpr db::Statement kFoldHours{"ledger_fold_hours", R"sql(
with due as (
    select distinct date_trunc('hour', minute) as hour from (
        select minute from slot_minute where folded and minute < date_trunc('hour', now() - $1 * interval '1 ms') order by minute limit $2) oldest),
gone as (
    delete from slot_minute m using due d where m.minute >= d.hour and m.minute < d.hour + interval '1 hour' and m.folded
    returning d.hour, m.region, m.expected, m.executed, m.late, m.skipped, m.missed, m.recovered)
insert into slot_hour as h (hour, region, expected, executed, late, skipped, missed, recovered)
select hour, region, sum(expected), sum(executed), sum(late), sum(skipped), sum(missed), sum(recovered) from gone group by hour, region
on conflict (hour, region) do update
set expected = h.expected + excluded.expected, executed = h.executed + excluded.executed, late = h.late + excluded.late,
    skipped = h.skipped + excluded.skipped, missed = h.missed + excluded.missed, recovered = h.recovered + excluded.recovered)sql"};

}  // namespace

std::vector<Closed> close_minutes(db::Tx& tx) {
    const auto bounds = tx.run(kClosable, {milliseconds{kMinuteIsOver}.count()});
    const auto closable = bounds[0].time(0);
    const auto cursor = read_cursor(tx, kLedger).value_or(Cursor{bounds[0].time(1)});
    const auto upto = std::min<TimePoint>(closable, cursor.upto + std::chrono::hours{24});
    if (upto <= cursor.upto) return {};
    std::map<std::string, Closed> regions;
    for (const auto row : tx.run(kClose, {cursor.upto, upto})) {
        auto& closed = regions[std::string(row.text(1))];
        closed.expected += row.whole(2);
        closed.executed += row.whole(3);
        closed.late += row.whole(4);
        closed.missed += row.whole(5);
        closed.minutes.push_back({row.time(0), row.whole(2), row.whole(5)});
    }
    write_cursor(tx, kLedger, {upto, 0});
    std::vector<Closed> all;
    for (auto& [region, closed] : regions) {
        closed.region = region;
        std::sort(closed.minutes.begin(), closed.minutes.end(), [](const Minute& a, const Minute& b) { return a.at < b.at; });
        all.push_back(std::move(closed));
    }
    return all;
}

std::optional<TimePoint> closed_upto(db::Tx& tx) {
    const auto cursor = read_cursor(tx, kLedger);
    return cursor ? std::optional(cursor->upto) : std::nullopt;
}

bool fold_minutes(db::Tx& tx) { return tx.run(kFoldMinutes, {milliseconds{kOldestSlot + kClockMargin}.count(), kRowsAtOnce}).affected() == kRowsAtOnce; }

bool fold_hours(db::Tx& tx, const HistoryOptions& options) {
    return tx.run(kFoldHours, {options.keep_minutes.count(), kHoursAtOnce * 60}).affected() >= kHoursAtOnce;
}

}  // namespace sonde::history

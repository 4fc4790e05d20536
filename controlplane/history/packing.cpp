#include "controlplane/history/packing.h"

#include <fmt/format.h>

#include "controlplane/history/cursor.h"
#include "lib/base/slot_range.h"
#include "lib/log/log.h"

namespace sonde::history {
namespace {

constexpr std::string_view kPack = "pack";

// Who waits for a table's lock has all others wait behind him.
constexpr db::Statement kShortPatience{"history_lock_timeout", "set local lock_timeout = '250ms'"};

// The oldest day that has its partition; whether it is over for good, rolled up and not to be rolled up again. Its names.
constexpr db::Statement kOldest{"pack_oldest", R"sql(
select day::timestamptz, day::text, 'result_' || to_char(day, 'YYYYMMDD'), 'result_packed_' || to_char(day, 'YYYYMMDD'),
       day::timestamptz + interval '1 day' + $1 * interval '1 ms' <= now()
           and exists (select from history_cursor where name = 'days' and upto > day)
           and not exists (select from rollup_again where hour >= day and hour < day + 1)
           and day::timestamptz >= now() - $2 * interval '1 ms'
from (select to_date(right(c.relname, 8), 'YYYYMMDD') as day from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'result'::regclass order by c.relname limit 1) oldest)sql"};
constexpr db::Statement kPackSome{"pack_results", "select pack_results($1::text::date, $2, $3, $4)"};

constexpr db::Statement kMakePartitions{"history_make_partitions", R"sql(
select create_result_partitions(),
       (select count(*) from generate_series(date_trunc('month', now()), now() + interval '1 month', interval '1 month') as months (month)
        where make_partition('rollup_hour', 'rollup_hour_' || to_char(month, 'YYYYMM'), month::text, (month + interval '1 month')::text)))sql"};

constexpr db::Statement kFindOld{"history_find_old", R"sql(
select name from (
    select c.relname as name,
           case i.inhparent when 'rollup_hour'::regclass
                then to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' + $2 * interval '1 ms'
                else to_date(right(c.relname, 8), 'YYYYMMDD') + interval '1 day' + $1 * interval '1 ms' end as until,
           i.inhparent = 'result'::regclass
               and not exists (select from history_cursor where name = 'hours' and upto > to_date(right(c.relname, 8), 'YYYYMMDD')) as needed
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('result'::regclass, 'result_packed'::regclass, 'rollup_hour'::regclass)) parts
where until < now() and (not needed or until < now() - interval '7 days') order by until limit 1)sql"};

struct Day {
    TimePoint begin;
    std::string date;
    std::string rows;    // names of tables
    std::string packed;
};

// A day begun by mistake of somebody's hand, or whose rows changed since, is begun anew.
bool put_in_place(db::Tx& tx, const Day& day) {
    tx.run(kShortPatience);
    tx.run_text(fmt::format("lock table {} in share mode", day.rows));
    const auto rows = tx.run_text(fmt::format("select count(*) from {}", day.rows))[0].whole(0);
    const auto packed = tx.run_text(fmt::format("select coalesce(sum(results), 0)::bigint from {}", day.packed))[0].whole(0);
    if (rows != packed) {
        log::warning("packing_begins_anew", "day", day.date, "rows", rows, "packed", packed);
        tx.run_text(fmt::format("drop table {}", day.packed));
        write_cursor(tx, kPack, {day.begin, 0});
        return true;
    }
    tx.run_text(fmt::format("drop table {}", day.rows));
    tx.run_text(fmt::format("alter table result_packed attach partition {} for values from ('{}') to (date '{}' + 1)", day.packed, day.date, day.date));
    write_cursor(tx, kPack, {day.begin + std::chrono::days{1}, 0});
    log::info("results_packed", "day", day.date, "results", rows);
    return true;
}

}  // namespace

bool pack(db::Tx& tx, const HistoryOptions& options) {
    const auto found = tx.run(kOldest, {milliseconds{kOldestSlot + kClockMargin}.count(), options.keep_results.count()});
    if (found.empty() || !found[0].boolean(4)) return false;
    const Day day{found[0].time(0), std::string(found[0].text(1)), std::string(found[0].text(2)), std::string(found[0].text(3))};
    auto cursor = read_cursor(tx, kPack).value_or(Cursor{day.begin});
    if (cursor.upto != day.begin) cursor = {day.begin, 0};
    if (cursor.monitor_after == INT64_MAX) return put_in_place(tx, day);
    if (cursor.monitor_after == 0) {
        tx.run_text(fmt::format("drop table if exists {}", day.packed));
        tx.run_text(fmt::format("create table {} (like result_packed including all)", day.packed));
    }
    const auto last = tx.run_text(fmt::format("select monitor_id from {} where monitor_id > $1 order by monitor_id offset $2 limit 1", day.rows),
                                  {cursor.monitor_after, options.results_at_once});
    const auto upto = last.empty() ? INT64_MAX : last[0].whole(0);
    tx.run(kPackSome, {day.date, day.packed, cursor.monitor_after, upto});
    write_cursor(tx, kPack, {day.begin, upto});
    return true;
}

void make_partitions(db::Tx& tx) {
    tx.run(kShortPatience);
    tx.run(kMakePartitions);
}

std::string find_old_partition(db::Tx& tx, const HistoryOptions& options) {
    const auto rows = tx.run(kFindOld, {options.keep_results.count(), options.keep_hours.count()});
    return rows.empty() ? "" : std::string(rows[0].text(0));
}

void drop_partition(db::Tx& tx, const std::string& name) {
    tx.run(kShortPatience);
    tx.run_text(fmt::format("drop table {}", name));
}

}  // namespace sonde::history

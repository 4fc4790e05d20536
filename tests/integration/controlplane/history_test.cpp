// The work on the past, part by part, on a real database.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "controlplane/history/account.h"
#include "controlplane/history/gap_event.h"
#include "controlplane/history/packing.h"
#include "controlplane/history/rollups.h"
#include "controlplane/history/sketch.h"
#include "lib/db/db.h"
#include "tests/support/servers.h"

namespace history_test {

using namespace sonde;
using namespace sonde::history;

namespace {

// An empty database for each test; one site with monitors 1 to 5, regions 1 (eu) and 2 (us).
struct Archive {
    Archive() {
        run("truncate site, monitor, region, history_cursor, rollup_hour, rollup_day, rollup_again, slot_ledger, slot_minute, slot_hour, slot_gap, scheduler_cursor, outbox, "
            "result_packed, state_edge restart identity cascade");
        pool.transact([](db::Tx& tx) {
            for (const auto row : tx.run_text("select inhrelid::regclass::text from pg_inherits where inhparent in ('result'::regclass, 'result_packed'::regclass)")) {
                tx.run_text(fmt::format("drop table {}", row.text(0)));
            }
            tx.run_text("select create_result_partitions()");
        });
        run("insert into region (name, failure_domain) values ('eu', 'a'), ('us', 'b')");
        run("insert into site (id, name) values (1, 'shop')");
        run("insert into monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, policy) "
            "select n, 1, 0, 0, 'http', 'm' || n, '{}', 60000, 5000, 0, '{}' from generate_series(1, 5) n");
    }

    static sonde::test::PostgresServer& server() {
        static sonde::test::PostgresServer one;
        return one;
    }
    static db::PoolOptions pool_options() {
        db::PoolOptions options;
        options.dsn = server().dsn();
        options.application_name = "history-test";
        return options;
    }
    void run(const std::string& sql) {
        pool.transact([&](db::Tx& tx) { tx.run_text(sql); });
    }
    std::int64_t number(const std::string& sql) {
        return pool.transact([&](db::Tx& tx) { return tx.run_text(sql)[0].whole(0); });
    }
    std::string text(const std::string& sql) {
        return pool.transact([&](db::Tx& tx) {
            const auto rows = tx.run_text(sql);
            return rows.empty() || rows[0].is_null(0) ? std::string{} : std::string(rows[0].text(0));
        });
    }
    // Until there is nothing more to do.
    template <class Step>
    int all(Step step) {
        int parts = 0;
        while (pool.transact([&](db::Tx& tx) { return step(tx); })) REQUIRE(++parts < 2'000);
        return parts;
    }
    void roll_up() {
        all([&](db::Tx& tx) { return roll_up_hours(tx, options); });
        all([&](db::Tx& tx) { return roll_up_days(tx, options); });
    }
    void partition(int days_ago) {
        run(fmt::format("select make_partition('result', 'result_' || to_char(day, 'YYYYMMDD'), day::text, (day + interval '1 day')::text) "
                        "from (select date_trunc('day', now()) - {} * interval '1 day' as day) d", days_ago));
    }
    // A result a minute of each monitor and region, of the day so long ago: of six hours, in an order of chance; each hundredth failed, and was confirmed once.
    void fill(int days_ago) {
        partition(days_ago);
        run(fmt::format(R"(
            insert into result (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt,
                                http_status, verdict, failure_class, backfilled, detail, sight_id)
            select slot, m, slot + (k % 300) * interval '1 ms', slot + (k % 300 + 150) * interval '1 ms', 500, 1000 + k, 0, 30000 + 7 * k, 12,
                   40000 + (k * 7919 + m * 31) % 90000, r, a, case when bad then 0 else 200 end, case when bad then 2 when k % 37 = 0 then 1 else 0 end,
                   case when bad then 5 else 0 end, k % 91 = 0, case when bad then jsonb_build_object('message', 'refused ' || k) end, case when bad then null else m end
            from (select date_trunc('day', now()) - {} * interval '1 day' + k * interval '1 minute' as slot, k, m, r, a, k % 100 = 50 as bad
                  from generate_series(0, 359) k, generate_series(1, 5) m, generate_series(1, 2) r, generate_series(0, 1) a
                  where a = 0 or k % 100 = 50) x order by random())", days_ago));
    }

    metrics::Registry registry;
    db::Pool pool{pool_options(), registry};
    HistoryOptions options;
};

std::string day_name(Archive& archive, const std::string& table, int days_ago) {
    return archive.text(fmt::format("select '{}_' || to_char(now() - {} * interval '1 day', 'YYYYMMDD')", table, days_ago));
}

}  // namespace

TEST_CASE("hours and days have each check once, and sketches that the database and the code agree on") {
    Archive archive;
    archive.fill(3);
    archive.options.monitors_at_once = 2;
    archive.roll_up();
    const std::string raw = "result where attempt = 0 and ";
    for (const auto* table : {"rollup_hour", "rollup_day"}) {
        CAPTURE(table);
        const auto sum = [&](const std::string& column) { return archive.number(fmt::format("select sum({})::bigint from {}", column, table)); };
        CHECK(sum("up") == archive.number("select count(*) from " + raw + "verdict = 0"));
        CHECK(sum("degraded") == archive.number("select count(*) from " + raw + "verdict = 1"));
        CHECK(sum("down") == archive.number("select count(*) from " + raw + "verdict = 2"));
        CHECK(sum("confirmations") == archive.number("select count(*) from result where attempt > 0"));
        CHECK(sum("sum_us") == archive.number("select sum(total_us)::bigint from " + raw + "verdict < 2"));
    }
    CHECK(archive.number("select count(*) from rollup_hour") == 6 * 5 * 2);
    CHECK(archive.number("select count(*) from rollup_day") == 5 * 2);
    std::map<std::pair<std::int64_t, int>, std::vector<std::int64_t>> stored;
    std::map<std::pair<std::int64_t, int>, std::map<int, std::int64_t>> counted;
    archive.pool.transact([&](db::Tx& tx) {
        for (const auto row : tx.run_text("select monitor_id, region_id, latencies from rollup_day")) stored[{row.whole(0), row.small(1)}] = row.wholes(2);
        for (const auto row : tx.run_text("select monitor_id, region_id, total_us from " + raw + "verdict < 2")) {
            ++counted[{row.whole(0), row.small(1)}][Sketch::bucket_of(row.whole(2))];
        }
    });
    for (const auto& [key, buckets] : counted) {
        std::vector<std::int64_t> entries;
        for (const auto& [bucket, n] : buckets) entries.push_back((std::int64_t{bucket} << 20) + n);
        CHECK(stored[key] == entries);
    }
    // Nothing is left to do, and doing all of it again changes nothing.
    const auto before = archive.text("select md5(string_agg(h::text, ' ' order by monitor_id, hour, region_id)) from rollup_hour h");
    archive.run("delete from history_cursor");
    archive.roll_up();
    CHECK(archive.text("select md5(string_agg(h::text, ' ' order by monitor_id, hour, region_id)) from rollup_hour h") == before);
}

TEST_CASE("an hour that is not long over is not rolled up") {
    Archive archive;
    archive.run("insert into history_cursor values ('hours', date_trunc('hour', now()) - interval '2 hours', 0)");
    archive.roll_up();
    const auto upto = archive.number("select extract(epoch from now() - upto)::bigint from history_cursor where name = 'hours'");
    CHECK(upto >= 0);
    CHECK(upto < 3600 + 600);
}

TEST_CASE("a result that comes late is in its hour and in its day, once they are rolled up again") {
    Archive archive;
    archive.fill(2);  // at midnight the last hours of yesterday are not complete
    archive.roll_up();
    const auto up = archive.number("select sum(up) from rollup_hour");
    archive.run("insert into result (slot, monitor_id, started_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt, http_status, "
                "verdict, failure_class, backfilled) select date_trunc('day', now()) - interval '2 days' + interval '30 seconds', 1, now(), 0, 0, 0, 0, 0, 777777, 1, 0, 200, 0, 0, true");
    archive.run("insert into rollup_again select date_trunc('day', now()) - interval '2 days', 1");
    archive.all([&](db::Tx& tx) { return roll_up_again(tx, archive.options); });
    CHECK(archive.number("select sum(up) from rollup_hour") == up + 1);
    CHECK(archive.number("select max(max_us) from rollup_day where monitor_id = 1") == 777777);
    CHECK(archive.number("select sum(up) from rollup_day") == up + 1);
    CHECK(archive.number("select count(*) from rollup_again") == 0);
}

TEST_CASE("a day that is over takes a tenth of the room, and reads as before") {
    Archive archive;
    archive.fill(4);
    archive.options.results_at_once = 1'000;
    const auto pack_all = [&] { return archive.all([&](db::Tx& tx) { return pack(tx, archive.options); }); };
    CHECK(pack_all() == 0);  // not before it is rolled up
    archive.roll_up();
    const auto exact = "select string_agg(concat_ws(' ', slot, region_id, attempt, http_status, verdict, failure_class, backfilled, detail, sight_id), E'\\n' "
                       "order by slot, region_id, attempt) from results_of({}, '-infinity', 'infinity')";
    std::map<int, std::string> before;
    for (int m = 1; m <= 5; ++m) before[m] = archive.text(fmt::format(fmt::runtime(exact), m));
    archive.run("update result set started_at = slot + interval '3 years', received_at = now() where monitor_id = 5 and region_id = 2 and attempt = 0 and slot = "
                "(select min(slot) from result where monitor_id = 5)");  // its clock was mad
    archive.run("create table copied as select r.* from generate_series(1, 5) m, lateral (select m as monitor_id, x.* from results_of(m, '-infinity', 'infinity') x) r");
    CHECK(archive.number("select count(*) from copied") == 5 * 2 * (360 + 4));
    CHECK(pack_all() > 3);
    CHECK(archive.number("select count(*) from result") == 0);
    CHECK(archive.number("select sum(results)::bigint from result_packed") == 5 * 2 * (360 + 4));
    CHECK(archive.text("select to_regclass('" + day_name(archive, "result", 4) + "')::text").empty());
    for (int m = 1; m <= 5; ++m) CHECK(archive.text(fmt::format(fmt::runtime(exact), m)) == before[m]);
    // Times are within 0.05 %, starts and receipts to the millisecond, as long as they are within two seconds.
    CHECK(archive.number(R"(select count(*) from copied c join result_unpacked u using (monitor_id, slot, region_id, attempt)
        where c.started_at = u.started_at and c.received_at = u.received_at and abs(c.total_us - u.total_us) <= 0.0005 * c.total_us
          and abs(c.first_byte_us - u.first_byte_us) <= 0.0005 * c.first_byte_us and abs(c.connect_us - u.connect_us) <= 0.0005 * c.connect_us
          and c.resolve_us = u.resolve_us and c.tls_us = u.tls_us and c.transfer_us = u.transfer_us)") == 5 * 2 * (360 + 4) - 1);
    archive.run("drop table copied");
    archive.run("select create_result_partitions()");
    CHECK(archive.text("select to_regclass('" + day_name(archive, "result", 4) + "')::text").empty());
    pack_all();
    CHECK(archive.number("select sum(results)::bigint from result_packed") == 5 * 2 * (360 + 4));
}

TEST_CASE("a window of results_of is exact, across packed days and rows") {
    Archive archive;
    archive.fill(4);
    archive.fill(1);
    archive.roll_up();
    const auto of = [&](const std::string& from, const std::string& to) {
        return archive.number(fmt::format("select count(*) from results_of(2, date_trunc('day', now()) + interval '{}', date_trunc('day', now()) + interval '{}')", from, to));
    };
    const auto count_all = [&] {
        return std::vector{of("-4 days", "-3 days"), of("-4 days", "-4 days 10 minutes"), of("-95 hours", "-94 hours"), of("-4 days", "0"), of("-1 day", "0"), of("-10 days", "-5 days")};
    };
    const auto rows = count_all();
    archive.all([&](db::Tx& tx) { return pack(tx, archive.options); });
    CHECK(archive.number("select count(*) from result_packed") > 0);
    CHECK(count_all() == rows);
    CHECK(rows[0] == 2 * 364);
    CHECK(rows[1] == 20);
    CHECK(rows[3] == 4 * 364);
}

TEST_CASE("rows that come while a day is packed are not lost: it is begun anew") {
    Archive archive;
    archive.fill(4);
    archive.roll_up();
    archive.options.results_at_once = 1'000;
    REQUIRE(archive.pool.transact([&](db::Tx& tx) { return pack(tx, archive.options); }));
    archive.run("update result set slot = slot + interval '1 second' where monitor_id = 1 and region_id = 1 and slot = (select min(slot) from result where monitor_id = 1)");
    archive.run("insert into result select slot + interval '7 seconds', monitor_id, started_at, received_at, 0, 0, 0, 0, 0, 0, region_id, attempt, 0, 3, 0, false, null, null "
                "from result where monitor_id = 1 and attempt = 0 limit 1");
    archive.all([&](db::Tx& tx) { return pack(tx, archive.options); });
    CHECK(archive.number("select sum(results)::bigint from result_packed") == 5 * 2 * (360 + 4) + 1);
    CHECK(archive.number("select count(*) from result_unpacked where verdict = 3") == 1);
}

TEST_CASE("a partition that is read is left for later, and nobody waits for long") {
    Archive archive;
    archive.fill(4);
    archive.roll_up();
    {
        auto reader = archive.pool.begin();
        reader.run_text("select count(*) from result");
        const auto began = std::chrono::steady_clock::now();
        const auto failure = [&] {
            try {
                archive.all([&](db::Tx& tx) { return pack(tx, archive.options); });
            } catch (const db::DbError& error) {
                return std::optional(error.failure());
            }
            return std::optional<db::Failure>();
        }();
        CHECK(failure == db::Failure::timeout);
        CHECK(std::chrono::steady_clock::now() - began < seconds{20});
        // What reads meanwhile sees all of it, and does not wait.
        CHECK(archive.number("select count(*) from results_of(1, '-infinity', 'infinity')") == 2 * 364);
    }
    archive.all([&](db::Tx& tx) { return pack(tx, archive.options); });
    CHECK(archive.number("select count(*) from results_of(1, '-infinity', 'infinity')") == 2 * 364);
}

TEST_CASE("partitions go when they are old, rows not before they are rolled up") {
    Archive archive;
    archive.fill(4);
    archive.run("insert into history_cursor values ('hours', date_trunc('hour', now()) - interval '10 days', 0)");
    archive.options.keep_results = std::chrono::hours{24 * 2};
    const auto old = [&] { return archive.pool.transact([&](db::Tx& tx) { return find_old_partition(tx, archive.options); }); };
    CHECK(old().empty());
    archive.roll_up();
    CHECK(old() == day_name(archive, "result", 4));
    archive.pool.transact([&](db::Tx& tx) { drop_partition(tx, old()); });
    CHECK(archive.number("select count(*) from result") == 0);
    CHECK(archive.number("select count(*) from rollup_hour") == 60);
    archive.options.keep_results = std::chrono::hours{24 * 30};
    archive.run("select make_partition('result_packed', 'result_packed_20200101', '2020-01-01', '2020-01-02')");
    archive.run("select make_partition('rollup_hour', 'rollup_hour_202001', '2020-01-01', '2020-02-01')");
    CHECK(old() == "result_packed_20200101");
    archive.pool.transact([&](db::Tx& tx) { drop_partition(tx, old()); });
    CHECK(old() == "rollup_hour_202001");
}

TEST_CASE("a minute is closed once; what comes later is recovered, and neither is lost when rows are folded") {
    Archive archive;
    archive.run("insert into slot_ledger (minute, region, writer, expected, skipped, executed, late) values "
                "(date_trunc('minute', now()) - interval '26 hours', 'eu', 'scheduler/1', 10, 1, 0, 0), (date_trunc('minute', now()) - interval '26 hours', 'eu', 'shard/1', 0, 0, 7, 2), "
                "(date_trunc('minute', now()) - interval '26 hours', 'us', 'scheduler/1', 5, 0, 0, 0), (date_trunc('minute', now()) - interval '1 minute', 'eu', 'scheduler/1', 9, 0, 0, 0)");
    const auto close = [&] { return archive.pool.transact([](db::Tx& tx) { return close_minutes(tx); }); };
    archive.run("insert into scheduler_cursor values (0, now()), (1, now() - interval '27 hours')");
    CHECK(close().empty());  // a share has not told yet
    archive.run("update scheduler_cursor set published_to = now()");
    const auto closed = close();
    REQUIRE(closed.size() == 2);
    CHECK(closed[0].region == "eu");
    CHECK(closed[0].expected == 10);
    CHECK(closed[0].executed == 7);
    CHECK(closed[0].late == 2);
    CHECK(closed[0].missed == 3);
    CHECK(closed[1].missed == 5);
    while (!close().empty()) {}
    CHECK(archive.number("select count(*) from slot_minute") == 2);
    archive.run("update slot_ledger set executed = executed + 2 where writer = 'shard/1'");
    archive.all([](db::Tx& tx) { return fold_minutes(tx); });
    CHECK(archive.number("select count(*) from slot_ledger") == 1);
    CHECK(archive.text("select concat_ws(' ', executed, missed, recovered) from slot_minute where region = 'eu'") == "7 3 2");
    CHECK(archive.text("select concat_ws(' ', sum(expected), sum(executed), sum(late), sum(skipped), sum(missed)) from slot_account where minute < now() - interval '1 hour'") == "15 9 2 1 6");
    archive.options.keep_minutes = std::chrono::hours{2};
    archive.all([&](db::Tx& tx) { return fold_hours(tx, archive.options); });
    CHECK(archive.number("select count(*) from slot_minute") == 0);
    CHECK(archive.text("select string_agg(concat_ws(' ', region, expected, executed, late, skipped, missed, recovered), ', ' order by region) from slot_hour") ==
          "eu 10 7 2 1 3 2, us 5 0 0 0 5 0");
}

TEST_CASE("a region that misses slots is told of once, with how many slots and monitors, and once when it misses none any more") {
    Archive archive;
    // Of five monitors m4 is paused, m5 is checked from us alone; m1 was checked in the first minute.
    archive.run("update monitor set created_at = now() - interval '1 day'");
    archive.run("update monitor set paused = true where id = 4");
    archive.run("update monitor set regions = array['us'] where id = 5");
    archive.partition(0);
    archive.partition(1);
    const auto slot = [&](int minutes_ago) { return fmt::format("(date_trunc('minute', now()) - interval '{} minutes')", minutes_ago); };
    archive.run("insert into result (slot, monitor_id, started_at, received_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt, http_status, "
                "verdict, failure_class, backfilled) select " + slot(30) + ", 1, now(), now(), 0, 0, 0, 0, 0, 0, id, 0, 200, 0, 0, false from region where name = 'eu'");
    const auto ledger = [&](int minutes_ago, const std::string& region, int expected, int executed) {
        archive.run(fmt::format("insert into slot_ledger (minute, region, writer, expected, skipped, executed, late) values ({}, '{}', 'scheduler/1', {}, 0, {}, 0)",
                                slot(minutes_ago), region, expected, executed));
    };
    archive.run("insert into scheduler_cursor values (0, now() - interval '31 minutes')");
    archive.run("insert into history_cursor (name, upto) values ('ledger', date_trunc('minute', now()) - interval '32 minutes')");
    const auto close = [&](int minutes_ago) {
        archive.run("update scheduler_cursor set published_to = " + slot(minutes_ago));
        archive.pool.transact([&](db::Tx& tx) { tell_gaps(tx, close_minutes(tx), archive.options); });
    };
    const auto told = [&] {
        return archive.text("select string_agg(concat_ws(' ', kind, payload #>> '{coverage,region}', payload #>> '{regions,0}', payload #>> '{coverage,missed}', payload #>> "
                            "'{coverage,expected}', payload #>> '{coverage,monitors}', extract(epoch from (payload #>> '{coverage,until}')::timestamptz - (payload #>> "
                            "'{coverage,since}')::timestamptz)::integer), ', ' order by id) from outbox");
    };
    ledger(31, "eu", 3, 3);
    ledger(30, "eu", 3, 1);
    ledger(30, "us", 4, 4);
    close(29);
    CHECK(told() == "coverage.missed eu eu 2 3 2 60");
    CHECK(archive.text("select payload ->> 'kind' from outbox") == "coverage.missed");
    for (int minutes_ago = 29; minutes_ago > 20; minutes_ago -= 2) {
        ledger(minutes_ago, "eu", 3, 0);
        ledger(minutes_ago - 1, "eu", 3, 3);
        close(minutes_ago - 1);
    }
    CHECK(archive.number("select count(*) from outbox") == 1);
    close(17);
    CHECK(archive.number("select count(*) from outbox") == 1);
    close(15);
    CHECK(told() == "coverage.missed eu eu 2 3 2 60, coverage.resumed eu eu 17 18 600");
    CHECK(archive.number("select count(*) from slot_gap") == 0);
    close(14);
    CHECK(archive.number("select count(*) from outbox") == 2);
}

}  // namespace history_test

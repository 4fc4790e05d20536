// What an older Sonde had is carried over.
#include <doctest/doctest.h>

#include "lib/db/migrate.h"
#include "tests/integration/db/fixture.h"

namespace history_migration_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::TestPool;

TEST_CASE("results of before stay where they are and are read on; transitions of before are states over time") {
    TestPool owner(1);
    owner.pool.transact([&](Tx& tx) { tx.run_script("create schema older"); });
    auto options = test::pool_options(test::shared_postgres(), 2);
    options.dsn = Secret{options.dsn.reveal() + "&options=-c%20search_path%3Dolder"};
    TestPool db(options);
    const auto& all = migrations();
    std::size_t before = 0;
    while (before < all.size() && all[before].name != "history") ++before;
    REQUIRE(before < all.size());
    REQUIRE(migrate(db.pool, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before)}));
    db.pool.transact([](Tx& tx) {
        tx.run_script(R"(
            insert into result (slot, monitor_id, started_at, resolve_us, connect_us, tls_us, first_byte_us, transfer_us, total_us, region_id, attempt, http_status, verdict, failure_class, backfilled)
            select now() - n * interval '1 minute', 7, now(), 0, 0, 0, 0, 0, 5, 1, 0, 200, 0, 0, false from generate_series(1, 10) n;
            insert into decision (monitor_id, at, kind, from_state, to_state, reason, votes) values
                (7, '2026-01-01', 'transition', 'pending', 'up', 'r', '[]'), (7, '2026-01-02', 'confirming', 'up', 'up', 'r', '[]'),
                (7, '2026-01-03', 'transition', 'up', 'unknown', 'r', '[]'), (7, '2026-01-03', 'transition', 'unknown', 'down', 'r', '[]');
            insert into monitor_state (monitor_id, state, since, core) values (7, 'down', '2026-01-03', '{}'), (8, 'up', '2026-01-05', '{}'), (9, 'paused', '2026-01-04', '{}');
            insert into decision (monitor_id, at, kind, from_state, to_state, reason, votes) values (9, '2026-01-02', 'transition', 'pending', 'up', 'r', '[]'))");
    });
    const auto migrated = migrate(db.pool);
    REQUIRE_MESSAGE(migrated, migrated.error().message);
    db.pool.transact([](Tx& tx) {
        CHECK(tx.run_text("select count(*) from results_of(7, '-infinity', 'infinity')")[0].whole(0) == 10);
        CHECK(tx.run_text("select string_agg(concat_ws(' ', monitor_id, since::date, until::date, state), ', ' order by monitor_id, since) from state_span")[0].text(0) ==
              "7 2026-01-01 2026-01-03 up, 7 2026-01-03 down, 8 2026-01-05 up, 9 2026-01-02 2026-01-04 up, 9 2026-01-04 paused");
        // Clocks that disagree make no gap and no overlap.
        tx.run_text("update monitor_state set state = 'up', since = '2026-01-02' where monitor_id = 7");
        tx.run_text("update monitor_state set core = 'changed' where monitor_id = 7");
        CHECK(tx.run_text("select string_agg(concat_ws(' ', since::date, state), ', ' order by since) from state_edge where monitor_id = 7")[0].text(0) == "2026-01-01 up, 2026-01-03 up");
        tx.run_text("delete from monitor_state where monitor_id = 7");
        CHECK(tx.run_text("select state from state_edge where monitor_id = 7 order by since desc limit 1")[0].text(0) == "gone");
    });
}

}  // namespace history_migration_test

// What is kept, and for how long: by the configuration, and by the settings before it.
#include <doctest/doctest.h>

#include "controlplane/housekeeping/housekeeping.h"
#include "lib/db/db.h"
#include "tests/support/servers.h"

namespace housekeeping_test {

using namespace sonde;

TEST_CASE("what the settings say of retention counts at once, and what they do not say is as configured") {
    const test::PostgresServer server;
    metrics::Registry metrics;
    db::PoolOptions pooled;
    pooled.dsn = server.dsn();
    pooled.application_name = "housekeeping-test";
    db::Pool pool(pooled, metrics);
    const auto run = [&](const std::string& sql) {
        pool.transact([&](db::Tx& tx) { tx.run_text(sql); });
    };
    const auto number = [&](const std::string& sql) { return pool.transact([&](db::Tx& tx) { return tx.run_text(sql)[0].whole(0); }); };
    const std::string entries = "select count(*) from audit where object = 'aged'";
    run("insert into audit (at, actor, object, action) select now() - n * interval '1 day', 'test', 'aged', 'site.update' from generate_series(1, 10) n");
    run("select make_partition('result', 'result_20200101', '2020-01-01', '2020-01-02')");
    const std::string old_day = "select count(*) from pg_class where relname = 'result_20200101'";

    housekeeping::HousekeepingOptions options;
    options.every = milliseconds{50};
    options.retry_after = milliseconds{50};
    options.history.every = milliseconds{50};
    options.history.retry_after = milliseconds{50};
    options.history.keep_results = std::chrono::hours{24 * 36'500};
    options.keep_audit = std::chrono::hours{24 * 8} + std::chrono::hours{1};
    housekeeping::Housekeeping keeping(options, pool, metrics, "test");
    keeping.start();
    CHECK(test::eventually([&] { return number(entries) == 8; }));
    CHECK(number(old_day) == 1);
    run("update settings set retention = '{\"audit_days\": 3, \"results_days\": 30}'");
    CHECK(test::eventually([&] { return number(entries) == 2; }));
    CHECK(test::eventually([&] { return number(old_day) == 0; }));
    keeping.stop();
}

}  // namespace housekeeping_test

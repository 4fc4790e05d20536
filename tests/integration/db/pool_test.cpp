#include <doctest/doctest.h>

#include <signal.h>

#include <future>

#include "tests/integration/db/fixture.h"

namespace pool_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::eventually;
using sonde::test::failure_of;
using sonde::test::TestPool;

namespace {

constexpr Statement kOne{"one", "select 1"};
constexpr Statement kOther{"one", "select 2"};
// Runs out while a test waits for it, and never while a busy machine gets from one statement to the next.
constexpr milliseconds kShort{1000};

void script(Pool& pool, std::string_view sql) {
    pool.transact([&](Tx& tx) { tx.run_script(sql); });
}

}  // namespace

TEST_CASE("what was not committed is gone, what was is there") {
    TestPool db;
    script(db.pool, "create table kept (n integer)");
    {
        auto tx = db.pool.begin();
        tx.run_text("insert into kept values (1)");
    }
    auto tx = db.pool.begin();
    CHECK(tx.run_text("insert into kept values (2), (3)").affected() == 2);
    tx.commit();
    auto later = db.pool.begin();
    const auto rows = later.run_text("select n from kept order by n");
    std::vector<int> seen;
    for (const auto row : rows) seen.push_back(row.small(0));
    CHECK(seen == std::vector<int>{2, 3});
}

TEST_CASE("who waits too long for a connection is told so, and that the wait was measured") {
    auto options = test::pool_options(test::shared_postgres(), 1);
    options.acquire_timeout = milliseconds{50};
    TestPool db(options);
    {
        const auto tx = db.pool.begin();
        CHECK(failure_of([&] { db.pool.begin(); }) == Failure::timeout);
        CHECK_FALSE(db.pool.ping());
        CHECK(db.metrics.expose().find("sonde_db_connections{state=\"active\"} 1") != std::string::npos);
    }
    CHECK_FALSE(failure_of([&] { db.pool.begin(); }));
    CHECK(db.pool.ping());
    CHECK(db.metrics.expose().find("sonde_db_connections{state=\"idle\"} 1") != std::string::npos);
    CHECK(db.metrics.expose().find("sonde_db_pool_wait_seconds_count 2") != std::string::npos);
}

TEST_CASE("many threads share few connections, and each gets its turn") {
    auto options = test::pool_options(test::shared_postgres(), 2);
    options.application_name = "sonde-test-shared";  // sessions of other pools may take a moment to end
    TestPool db(options);
    script(db.pool, "create table counter (n bigint); insert into counter values (0)");
    std::vector<std::future<void>> threads;
    for (int i = 0; i < 8; ++i) {
        threads.push_back(std::async(std::launch::async, [&db] {
            for (int n = 0; n < 25; ++n) db.pool.transact([](Tx& tx) { tx.run_text("update counter set n = n + 1"); });
        }));
    }
    for (auto& thread : threads) thread.get();
    auto tx = db.pool.begin();
    CHECK(tx.run_text("select n from counter")[0].whole(0) == 200);
    CHECK(tx.run_text("select count(*) from pg_stat_activity where application_name = 'sonde-test-shared'")[0].whole(0) <= 2);
}

TEST_CASE("refusals by constraints say which kind and which constraint") {
    TestPool db;
    script(db.pool, "create table parent (id integer constraint parent_key primary key, n integer constraint n_positive check (n > 0));"
                    "create table child (id integer constraint child_parent references parent);"
                    "insert into parent values (1, 1); insert into child values (1)");
    const auto error_of = [&](std::string_view sql) {
        try {
            auto tx = db.pool.begin();
            tx.run_text(sql);
        } catch (const DbError& error) {
            return std::pair{error.failure(), error.constraint()};
        }
        return std::pair{Failure::broken, std::string("none was thrown")};
    };
    CHECK(error_of("insert into parent values (1, 1)") == std::pair{Failure::unique, std::string("parent_key")});
    CHECK(error_of("insert into child values (2)") == std::pair{Failure::foreign_key, std::string("child_parent")});
    CHECK(error_of("delete from parent") == std::pair{Failure::foreign_key, std::string("child_parent")});
    CHECK(error_of("insert into parent values (2, 0)") == std::pair{Failure::check, std::string("n_positive")});
    CHECK(error_of("select no_such_column") == std::pair{Failure::broken, std::string()});
}

TEST_CASE("a transaction one statement of which failed cannot be committed by mistake") {
    TestPool db;
    auto tx = db.pool.begin();
    CHECK(failure_of([&] { tx.run_text("select 1/0"); }) == Failure::broken);
    CHECK(failure_of([&] { tx.commit(); }) == Failure::broken);
}

TEST_CASE("two statements of one name are noticed") {
    TestPool db(1);
    auto tx = db.pool.begin();
    CHECK(tx.run(kOne)[0].small(0) == 1);
    CHECK(tx.run(kOne)[0].small(0) == 1);
    CHECK(failure_of([&] { tx.run(kOther); }) == Failure::broken);
    CHECK(db.metrics.expose().find("sonde_db_statement_seconds_count{statement=\"one\"} 3") != std::string::npos);
}

TEST_CASE("a deadlock of two transactions ends with both done, one of them at its second try") {
    TestPool db;
    script(db.pool, "create table account (id integer primary key, n integer); insert into account values (1, 0), (2, 0)");
    std::atomic<int> at_barrier{0};
    std::atomic<int> runs{0};
    const auto change = [&](int first, int second) {
        db.pool.transact([&](Tx& tx) {
            const bool first_time = ++runs <= 2;
            tx.run_text("update account set n = n + 1 where id = $1", {first});
            ++at_barrier;
            if (first_time) eventually([&] { return at_barrier >= 2; });
            tx.run_text("update account set n = n + 1 where id = $1", {second});
        });
    };
    auto other = std::async(std::launch::async, [&] { change(2, 1); });
    change(1, 2);
    other.get();
    CHECK(runs == 3);
    auto tx = db.pool.begin();
    CHECK(tx.run_text("select min(n) from account")[0].small(0) == 2);
}

TEST_CASE("what conflicts for ever is given up after the third time") {
    TestPool db;
    int runs = 0;
    CHECK(failure_of([&] {
              db.pool.transact([&](Tx&) {
                  ++runs;
                  throw DbError(Failure::conflict, "as ever");
              });
          }) == Failure::conflict);
    CHECK(runs == 3);
}

TEST_CASE("a statement that takes too long is ended by the server") {
    auto options = test::pool_options(test::shared_postgres());
    options.statement_timeout = kShort;
    TestPool db(options);
    auto tx = db.pool.begin();
    CHECK(failure_of([&] { tx.run_text("select pg_sleep(30)"); }) == Failure::timeout);
    auto patient = db.pool.begin();
    patient.set_statement_timeout(milliseconds{20000});
    CHECK_FALSE(failure_of([&] { patient.run_text("select pg_sleep(1.5)"); }));
}

TEST_CASE("a transaction that says nothing for long is ended, and its locks with it") {
    auto options = test::pool_options(test::shared_postgres());
    options.idle_in_transaction_timeout = kShort;
    TestPool db(options);
    TestPool other;
    script(other.pool, "create table held (n integer); insert into held values (1)");
    auto idle = db.pool.begin();
    idle.run_text("update held set n = 2");
    script(other.pool, "update held set n = 3");
    CHECK(failure_of([&] { idle.commit(); }) == Failure::unavailable);
}

TEST_CASE("a frozen session is cut off some time after its statement's deadline") {
    auto options = test::pool_options(test::shared_postgres(), 1);
    options.statement_timeout = kShort;
    TestPool db(options);
    auto tx = db.pool.begin();
    const auto pid = static_cast<pid_t>(tx.run_text("select pg_backend_pid()")[0].small(0));
    REQUIRE(::kill(pid, SIGSTOP) == 0);
    CHECK(failure_of([&] { tx.run_text("select 1"); }) == Failure::unavailable);
    ::kill(pid, SIGCONT);
}

TEST_CASE("a statement alone is committed when it has run, and leaves nothing behind when it fails") {
    TestPool db(1);
    script(db.pool, "create table alone (n integer primary key)");
    const Statement insert{"alone_insert", "insert into alone values ($1) returning n"};
    CHECK(db.pool.run(insert, {7})[0].whole(0) == 7);
    CHECK(failure_of([&] { db.pool.run(insert, {7}); }) == Failure::unique);
    CHECK(db.pool.run({"alone_count", "select count(*) from alone"})[0].whole(0) == 1);
    // The next one who gets the connection has a transaction.
    auto tx = db.pool.begin();
    tx.run(insert, {8});
    CHECK(tx.run_text("select now() < clock_timestamp()")[0].boolean(0));
}

TEST_CASE("connections that nobody needs any more are closed, and opened again when somebody does") {
    auto options = test::pool_options(test::shared_postgres(), 3);
    options.idle_timeout = milliseconds{100};
    metrics::Registry metrics;
    Pool pool(options, metrics);
    const auto open = [&] { return metrics.expose().find("sonde_db_connections{state=\"idle\"} 0") == std::string::npos; };
    {
        auto one = pool.begin();
        auto two = pool.begin();
        auto three = pool.begin();
        one.run_text("select 1");
        CHECK(three.run_text("select 1").size() == 1);
    }
    CHECK(open());
    CHECK(eventually([&] { return !open(); }));
    CHECK(pool.transact([](Tx& tx) { return tx.run_text("select 2")[0].whole(0); }) == 2);
}

TEST_CASE("a connection that the server closed while idle is replaced without anybody noticing") {
    TestPool db(1);
    TestPool other(1);
    int pid = 0;
    db.pool.transact([&](Tx& tx) { pid = tx.run_text("select pg_backend_pid()")[0].small(0); });
    other.pool.transact([&](Tx& tx) { tx.run_text("select pg_terminate_backend($1, 5000)", {pid}); });
    int after = pid;
    CHECK_FALSE(failure_of([&] { db.pool.transact([&](Tx& tx) { after = tx.run_text("select pg_backend_pid()")[0].small(0); }); }));
    CHECK(after != pid);
}

TEST_CASE("a server that is killed makes the database unavailable until it is back") {
    test::PostgresServer server(false);
    TestPool db(test::pool_options(server, 2));
    script(db.pool, "create table survivor (n integer)");
    auto under_way = db.pool.begin();
    under_way.run_text("insert into survivor values (1)");
    server.kill_hard();
    CHECK(failure_of([&] { under_way.commit(); }) == Failure::unavailable);
    CHECK(failure_of([&] { db.pool.begin(); }) == Failure::unavailable);
    CHECK_FALSE(db.pool.ping());
    server.restart();
    CHECK(eventually([&] { return db.pool.ping(); }));
    CHECK_FALSE(failure_of([&] { script(db.pool, "insert into survivor values (2)"); }));
}

}  // namespace pool_test

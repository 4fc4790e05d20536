#include <doctest/doctest.h>

#include "lib/db/migrate.h"

#include <future>

#include "tests/integration/db/fixture.h"

namespace migrate_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::TestPool;

namespace {

const std::vector<Migration> kFirst{{1, "first", "create table a (n integer); create table b (n integer)"}};
const std::vector<Migration> kBoth{kFirst[0], {2, "second", "alter table a add column m integer"}};

// A schema of its own for each test, so that all share a server.
struct Fresh {
    explicit Fresh(const std::string& name) {
        TestPool owner(1);
        owner.pool.transact([&](Tx& tx) { tx.run_script("create schema " + name); });
        auto options = test::pool_options(test::shared_postgres(), 4);
        options.dsn = Secret{options.dsn.reveal() + "&options=-c%20search_path%3D" + name};
        db = std::make_unique<TestPool>(options);
    }
    Pool& pool() { return db->pool; }
    std::unique_ptr<TestPool> db;
};

}  // namespace

TEST_CASE("migrations are applied once, in order, and the schema is then accepted") {
    Fresh db("once");
    const auto before = check_schema(db.pool(), kBoth);
    REQUIRE_FALSE(before);
    CHECK(before.error().message.find("sonde migrate") != std::string::npos);

    const auto first = migrate(db.pool(), kFirst);
    REQUIRE_MESSAGE(first, first.error().message);
    CHECK(first->before == 0);
    CHECK(first->after == 1);
    CHECK(check_schema(db.pool(), kFirst));
    CHECK_FALSE(check_schema(db.pool(), kBoth));

    const auto second = migrate(db.pool(), kBoth);
    REQUIRE_MESSAGE(second, second.error().message);
    CHECK(second->before == 1);
    CHECK(second->after == 2);
    const auto third = migrate(db.pool(), kBoth);
    REQUIRE(third);
    CHECK(third->before == 2);
    CHECK(third->after == 2);
    CHECK(check_schema(db.pool(), kBoth));
}

TEST_CASE("of several who migrate at once, one works and all succeed") {
    Fresh db("at_once");
    std::vector<std::future<Result<MigrationReport>>> all;
    for (int i = 0; i < 4; ++i) all.push_back(std::async(std::launch::async, [&db] { return migrate(db.pool(), kBoth); }));
    for (auto& one : all) {
        const auto report = one.get();
        REQUIRE_MESSAGE(report, report.error().message);
        CHECK(report->after == 2);
    }
}

TEST_CASE("a migration whose text was changed after it was applied is refused") {
    Fresh db("changed");
    REQUIRE(migrate(db.pool(), kFirst));
    const std::vector<Migration> changed{{1, "first", "create table c (n integer)"}};
    for (const auto& outcome : {migrate(db.pool(), changed)}) {
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().message.find("other contents") != std::string::npos);
    }
    CHECK_FALSE(check_schema(db.pool(), changed));
}

TEST_CASE("a database that is newer than the program is left alone") {
    Fresh db("newer");
    REQUIRE(migrate(db.pool(), kBoth));
    const auto outcome = migrate(db.pool(), kFirst);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().message.find("newer than this program") != std::string::npos);
    CHECK_FALSE(check_schema(db.pool(), kFirst));
}

TEST_CASE("a migration that fails is undone as a whole, and the ones before it stay") {
    Fresh db("failing");
    const std::vector<Migration> failing{kFirst[0], {2, "breaks", "create table half (n integer); select no_such_function()"}};
    const auto outcome = migrate(db.pool(), failing);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().message.find("migration 2 (breaks)") != std::string::npos);
    auto tx = db.pool().begin();
    CHECK(tx.run_text("select to_regclass('half') is null and to_regclass('a') is not null")[0].boolean(0));
    CHECK(check_schema(db.pool(), kFirst));
}

TEST_CASE("the program's own migrations make a schema that the program accepts") {
    TestPool db;  // the shared server was migrated when it started
    const auto status = check_schema(db.pool);
    CHECK_MESSAGE(status, status.error().message);
}

}  // namespace migrate_test

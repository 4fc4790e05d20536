// Tokens of an older Sonde, and the views of who is restricted.
#include <doctest/doctest.h>

#include "lib/db/migrate.h"
#include "tests/integration/db/fixture.h"

namespace access_migration_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::TestPool;

namespace {

PoolOptions in_schema(const std::string& schema) {
    TestPool owner(1);
    owner.pool.transact([&](Tx& tx) { tx.run_script("create schema " + schema); });
    auto options = test::pool_options(test::shared_postgres(), 2);
    options.dsn = Secret{options.dsn.reveal() + "&options=-c%20search_path%3D" + schema};
    return options;
}

}  // namespace

TEST_CASE("a token of before becomes a client of the same number with one secret") {
    TestPool db(in_schema("tokens"));
    const auto& all = migrations();
    std::size_t before = 0;
    while (before < all.size() && all[before].name != "clients") ++before;
    REQUIRE(before < all.size());
    REQUIRE(migrate(db.pool, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(before)}));
    db.pool.transact([](Tx& tx) {
        tx.run_script(R"(insert into api_token (id, name, hash, role, last_used_at, revoked_at) values
            (7, 'old', '\x0102', 'operator', '2026-01-01', null), (8, 'gone', '\x03', 'admin', null, '2026-01-02'))");
    });
    const auto migrated = migrate(db.pool);
    REQUIRE_MESSAGE(migrated, migrated.error().message);
    db.pool.transact([](Tx& tx) {
        const auto rows = tx.run_text(R"(
            select c.id, c.name, c.role, c.revoked_at is null, c.scopes is null and not c.restricted, s.hash, s.last_used_at::date::text, s.expires_at is null
            from api_client c join client_secret s on s.client_id = c.id order by c.id)");
        REQUIRE(rows.size() == 2);
        CHECK(rows[0].whole(0) == 7);
        CHECK(rows[0].text(1) == "old");
        CHECK(rows[0].text(2) == "operator");
        CHECK(rows[0].boolean(3));
        CHECK(rows[0].boolean(4));
        CHECK(rows[0].bytes(5) == "\x01\x02");
        CHECK(rows[0].text(6) == "2026-01-01");
        CHECK(rows[0].boolean(7));
        CHECK(!rows[1].boolean(3));
        CHECK(tx.run_text("select count(*) from audit")[0].whole(0) == 0);
    });
}

TEST_CASE("the views of who is restricted are in no migration's way, and follow the tables") {
    TestPool db(in_schema("viewed"));
    REQUIRE(migrate(db.pool));
    auto known = migrations();
    known.push_back({static_cast<int>(known.size()) + 1, "later", "alter table site drop column owner_note; alter table site add column color text not null default 'red'"});
    const auto migrated = migrate(db.pool, known);
    REQUIRE_MESSAGE(migrated, migrated.error().message);
    db.pool.transact([](Tx& tx) {
        tx.run_text("insert into site (id, name, tags) values (1, 'theirs', '{t}'), (2, 'not', '{}')");
        tx.run_text("select set_config('sonde.tags', '{t}', true)");
        const auto rows = tx.run_text("select id, color from viewed_restricted.site");
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].whole(0) == 1);
        CHECK(rows[0].text(1) == "red");
        CHECK(tx.run_text("select count(*) from site")[0].whole(0) == 2);
    });
    auto tx = db.pool.begin();
    tx.run_text("select set_config('sonde.sites', '{1}', true)");
    try {
        tx.run_text("insert into viewed_restricted.site (id, name) values (3, 'outside')");
        FAIL("a row that the view does not show was taken");
    } catch (const DbError& error) {
        CHECK(error.failure() == Failure::outside);
    }
}

}  // namespace access_migration_test

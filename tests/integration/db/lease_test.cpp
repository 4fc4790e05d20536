#include <doctest/doctest.h>

#include "lib/db/lease.h"

#include <algorithm>
#include <future>

#include "tests/integration/db/fixture.h"

namespace lease_test {

using namespace sonde;
using namespace sonde::db;
using sonde::test::eventually;
using sonde::test::TestPool;

namespace {

constexpr milliseconds kLong{60000};

std::vector<std::string> names_of(const std::vector<Lease>& leases) {
    std::vector<std::string> names;
    for (const auto& lease : leases) names.push_back(lease.name);
    return names;
}

bool is_fenced(Pool& pool, const Leases& owner, const std::vector<Lease>& leases) {
    auto tx = pool.begin();
    try {
        owner.fence(tx, leases);
    } catch (const Fenced&) {
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE("what one owner holds, another does not get until it is released") {
    TestPool db;
    Leases first(db.pool, "first", kLong), second(db.pool, "second", kLong);
    const std::vector<std::string> names{"a/1", "a/2", "a/3"};
    CHECK(names_of(first.hold(names, 2)) == std::vector<std::string>{"a/1", "a/2"});
    CHECK(names_of(second.hold(names, 3)) == std::vector<std::string>{"a/3"});
    CHECK(names_of(first.hold(names, 3)) == std::vector<std::string>{"a/1", "a/2"});
    first.release(names);
    CHECK(names_of(second.hold(names, 3)) == names);
    CHECK(first.hold(names, 3).empty());
}

TEST_CASE("who is to hold fewer than before gives up the rest") {
    TestPool db;
    Leases first(db.pool, "first", kLong), second(db.pool, "second", kLong);
    const std::vector<std::string> names{"b/1", "b/2", "b/3", "b/4"};
    CHECK(first.hold(names, 4).size() == 4);
    CHECK(names_of(first.hold(names, 2)) == std::vector<std::string>{"b/1", "b/2"});
    CHECK(names_of(second.hold(names, 2)) == std::vector<std::string>{"b/3", "b/4"});
    CHECK(second.hold(names, 0).empty());
}

TEST_CASE("the epoch stays through renewals and rises with every change of owner") {
    TestPool db;
    Leases first(db.pool, "first", kLong), second(db.pool, "second", kLong);
    const auto taken = first.hold({"c"}, 1);
    REQUIRE(taken.size() == 1);
    CHECK(first.hold({"c"}, 1)[0].epoch == taken[0].epoch);
    first.release({"c"});
    const auto by_other = second.hold({"c"}, 1);
    REQUIRE(by_other.size() == 1);
    CHECK(by_other[0].epoch > taken[0].epoch);
    second.release({"c"});
    CHECK(first.hold({"c"}, 1)[0].epoch > by_other[0].epoch);
}

TEST_CASE("a lease that is not renewed expires, and its old holder is fenced off") {
    TestPool db;
    Leases stale(db.pool, "stale", milliseconds{50}), next(db.pool, "next", kLong);
    const auto old = stale.hold({"d"}, 1);
    REQUIRE(old.size() == 1);
    CHECK_FALSE(is_fenced(db.pool, stale, old));
    REQUIRE(eventually([&] { return next.hold({"d"}, 1).size() == 1; }));
    CHECK(is_fenced(db.pool, stale, old));
    CHECK(stale.hold({"d"}, 1).empty());
    // Having it again does not make the old epoch good.
    next.release({"d"});
    CHECK(stale.hold({"d"}, 1).size() == 1);
    CHECK(is_fenced(db.pool, stale, old));
}

TEST_CASE("a lease that is kept is asked for again only when it is time, or a fence has fallen") {
    TestPool db;
    Leases keeper(db.pool, "keeper", kLong), thief(db.pool, "thief", kLong);
    const auto expires = [&] {
        return db.pool.transact([](Tx& tx) { return std::string(tx.run_text("select expires_at from lease where name = 'kept'")[0].text(0)); });
    };
    const auto kept = keeper.keep({"kept"});
    REQUIRE(kept.size() == 1);
    const auto until = expires();
    CHECK(keeper.keep({"kept"})[0].epoch == kept[0].epoch);
    CHECK(expires() == until);
    // Whoever does not have it asks again at once.
    CHECK(thief.keep({"kept"}).empty());
    db.pool.transact([](Tx& tx) { tx.run_text("update lease set expires_at = now() where name = 'kept'"); });
    REQUIRE(thief.keep({"kept"}).size() == 1);
    CHECK(is_fenced(db.pool, keeper, keeper.keep({"kept"})));
    CHECK(keeper.keep({"kept"}).empty());
    thief.release({"kept"});
    CHECK(keeper.keep({"kept"}).size() == 1);

    Leases brief(db.pool, "brief", milliseconds{200});
    REQUIRE(brief.keep({"short"}).size() == 1);
    const auto end = [&] { return db.pool.transact([](Tx& tx) { return std::string(tx.run_text("select expires_at from lease where name = 'short'")[0].text(0)); }); };
    const auto first = end();
    CHECK(eventually([&] { return brief.keep({"short"}).size() == 1 && end() != first; }));
}

TEST_CASE("a lease cannot be taken while a transaction fenced by it runs, even if it has expired") {
    TestPool db(3);
    Leases slow(db.pool, "slow", milliseconds{50}), next(db.pool, "next", kLong);
    const auto held = slow.hold({"e/1", "e/2"}, 1);
    REQUIRE(held.size() == 1);
    auto tx = db.pool.begin();
    slow.fence(tx, held);
    REQUIRE(eventually([&] {
        return db.pool.transact([](Tx& t) { return t.run_text("select expires_at < now() from lease where name = 'e/1'")[0].boolean(0); });
    }));
    // The other one is free, and is had without waiting for the first.
    CHECK(names_of(next.hold({"e/1", "e/2"}, 2)) == std::vector<std::string>{"e/2"});
    tx.commit();
    CHECK(next.hold({"e/1", "e/2"}, 2).size() == 2);
}

TEST_CASE("of many who want the same leases at once, each lease has one owner") {
    TestPool db(8);
    std::vector<std::string> names;
    for (int i = 0; i < 16; ++i) names.push_back("f/" + std::to_string(i));
    std::vector<std::future<std::vector<Lease>>> owners;
    for (int i = 0; i < 8; ++i) {
        owners.push_back(std::async(std::launch::async, [&db, &names, i] {
            Leases leases(db.pool, "owner-" + std::to_string(i), kLong);
            std::vector<Lease> held;
            for (int round = 0; round < 10; ++round) held = leases.hold(names, 3);
            return held;
        }));
    }
    std::vector<std::string> all;
    for (auto& owner : owners) {
        const auto held = names_of(owner.get());
        CHECK(held.size() <= 3);
        all.insert(all.end(), held.begin(), held.end());
    }
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    CHECK(all.size() == 16);
}

TEST_CASE("a fence of several leases falls if one of them is lost") {
    TestPool db;
    Leases owner(db.pool, "owner", kLong), thief(db.pool, "thief", kLong);
    const auto held = owner.hold({"g/1", "g/2"}, 2);
    REQUIRE(held.size() == 2);
    CHECK_FALSE(is_fenced(db.pool, owner, held));
    CHECK(is_fenced(db.pool, thief, held));
    owner.release({"g/2"});
    CHECK(is_fenced(db.pool, owner, held));
    CHECK_FALSE(is_fenced(db.pool, owner, {held[0]}));
}

}  // namespace lease_test

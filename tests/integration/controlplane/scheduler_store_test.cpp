// What the scheduler reads and writes, against a real database.
#include <doctest/doctest.h>

#include "controlplane/scheduler/store.h"
#include "lib/service/monitor_secrets.h"

#include "tests/integration/controlplane/scheduler_fixture.h"

namespace scheduler_store_test {

using namespace sonde;
using namespace sonde::scheduler;
using namespace sonde::test;

namespace {

// Only the database of the stage is used here.
Stage& stage() {
    static Stage shared;
    return shared;
}

constexpr milliseconds kLong{60'000};
constexpr TimePoint kStart = from_unix_ms(1'790'000'000'000);

std::int64_t expected_of(int share) {
    return stage().number(fmt::format("select coalesce(sum(expected), 0) from slot_ledger where writer = 'scheduler/{}'", share));
}

}  // namespace

TEST_CASE("changes are told once each, also those of transactions that commit out of order") {
    auto& pool = stage().pool;
    ChangeReader reader;
    stage().run("insert into change (entity, entity_id) values ('monitor', 1)");
    CHECK(reader.read(pool).monitors.empty());
    CHECK(reader.begun());
    CHECK(reader.read(pool).monitors.empty());

    auto slow = pool.begin();
    slow.run_text("insert into change (entity, entity_id) values ('monitor', 2)");
    stage().run("insert into change (entity, entity_id) values ('monitor', 3), ('site', 4), ('region', 5), ('channel', 6)");
    const auto first = reader.read(pool);
    CHECK(first.monitors == std::vector<std::int64_t>{3});
    CHECK(first.sites == std::vector<std::int64_t>{4});
    CHECK(first.regions);
    // The slow one holds the mark back; what was told is not told again.
    const auto again = reader.read(pool);
    CHECK(again.monitors.empty());
    CHECK(again.sites.empty());
    CHECK(!again.regions);
    slow.commit();
    CHECK(reader.read(pool).monitors == std::vector<std::int64_t>{2});
    CHECK(reader.read(pool).monitors.empty());
}

TEST_CASE("a cursor move that is written again, since its commit was not confirmed, counts once") {
    auto& pool = stage().pool;
    db::Leases leases(pool, "mover", kLong);
    const auto held = leases.hold({share_lease(1), share_lease(2)}, 2);
    REQUIRE(held.size() == 2);
    CHECK(open_cursor(pool, leases, held[0], 1, kStart) == kStart);
    CHECK(open_cursor(pool, leases, held[0], 1, kStart + seconds{9}) == kStart);
    CHECK(open_cursor(pool, leases, held[1], 2, kStart) == kStart);

    const std::vector<std::string> regions{"eu"};
    const Counts counts{{{minute_of(kStart), RegionIndex{0}}, {7, 2}}};
    const std::vector<CursorMove> moves{{1, kStart, kStart + seconds{1}, counts}, {2, kStart, kStart + seconds{1}, counts}};
    CHECK(write_moves(pool, leases, held, moves, regions) == std::vector{MoveOutcome::written, MoveOutcome::written});
    CHECK(write_moves(pool, leases, held, moves, regions) == std::vector{MoveOutcome::written, MoveOutcome::written});
    CHECK(expected_of(1) == 7);
    CHECK(stage().number("select sum(skipped) from slot_ledger where writer = 'scheduler/1'") == 2);

    const std::vector<CursorMove> further{{1, kStart + seconds{1}, kStart + seconds{2}, counts}};
    CHECK(write_moves(pool, leases, held, further, regions) == std::vector{MoveOutcome::written});
    CHECK(expected_of(1) == 14);
    // From somewhere else than where the cursor stands, nothing moves.
    CHECK(write_moves(pool, leases, held, moves, regions) == std::vector{MoveOutcome::astray, MoveOutcome::written});
    CHECK(expected_of(1) == 14);
    CHECK(expected_of(2) == 7);
}

TEST_CASE("a cursor whose lease went to another does not move") {
    auto& pool = stage().pool;
    db::Leases mine(pool, "mine", kLong);
    const auto held = mine.hold({share_lease(5)}, 1);
    REQUIRE(held.size() == 1);
    open_cursor(pool, mine, held[0], 5, kStart);
    stage().run("update lease set owner = 'thief', epoch = epoch + 1 where name = 'scheduler/5'");
    const std::vector<CursorMove> moves{{5, kStart, kStart + seconds{1}, {}}};
    CHECK_THROWS_AS(write_moves(pool, mine, held, moves, {}), db::Fenced);
    CHECK_THROWS_AS(open_cursor(pool, mine, held[0], 5, kStart), db::Fenced);
    CHECK(stage().number("select count(*) from scheduler_cursor where share = 5 and published_to = to_timestamp(1790000000)") == 1);
}

TEST_CASE("only monitors that are to be checked are loaded, and as they are") {
    auto& pool = stage().pool;
    const crypto::SecretBox box(std::string(32, 'k'));
    const auto made = stage().add_monitors(40, milliseconds{7'000}, {"us", "eu"});
    stage().run(fmt::format("update monitor set enabled = false where id = {}", made[0].id));
    stage().run(fmt::format("update monitor set paused = true where id = {}", made[1].id));
    stage().run(fmt::format("update monitor set deleted_at = now() where id = {}", made[2].id));
    std::map<std::int64_t, Definition> loaded;
    for (int share = 0; share < kSchedulerShares; ++share) {
        for (auto& definition : load_share(pool, box, share)) {
            CHECK(definition.share == share);
            loaded.emplace(definition.id.value(), std::move(definition));
        }
    }
    CHECK(loaded.size() == 37);
    for (std::size_t i = 3; i < made.size(); ++i) {
        const auto& definition = loaded.at(made[i].id);
        CHECK(definition.timing == made[i].timing);
        CHECK(definition.placement == made[i].placement);
        CHECK(definition.timeout == seconds{1});
        CHECK(definition.revision == 1);
        CHECK(definition.job.text().find(R"("url": "http://127.0.0.1/")") != std::string::npos);
    }
    std::vector<int> all_shares;
    for (int share = 0; share < kSchedulerShares; ++share) all_shares.push_back(share);
    std::vector<std::int64_t> ids;
    for (const auto& monitor : made) ids.push_back(monitor.id);
    CHECK(load_monitors(pool, box, all_shares, ids).size() == 37);
    CHECK(load_monitors(pool, box, {}, ids).empty());
    const auto site = stage().number(fmt::format("select site_id from monitor where id = {}", made[0].id));
    auto status = load_site_status(pool, all_shares, {site});
    CHECK(status.size() == 39);
    CHECK(std::count_if(status.begin(), status.end(), [](const auto& item) { return item.runs; }) == 37);
    stage().run("update site set active = false");
    CHECK(load_monitors(pool, box, all_shares, ids).empty());
    status = load_site_status(pool, all_shares, {site});
    CHECK(std::none_of(status.begin(), status.end(), [](const auto& item) { return item.runs; }));
}

TEST_CASE("stored heartbeats are never scheduled, whichever way they are come by") {
    auto& pool = stage().pool;
    const auto made = stage().add_monitors(6, milliseconds{7'000}, {"eu"});
    const auto is_heartbeat = [&](std::int64_t id) { return id == made[0].id || id == made[3].id; };
    for (const auto& monitor : made) {
        if (is_heartbeat(monitor.id)) stage().run(fmt::format("update monitor set kind = 'heartbeat', spec = '{{\"period_ms\": 60000}}', ping_token = 'token-{0}' where id = {0}", monitor.id));
    }
    const crypto::SecretBox box(std::string(32, 'k'));
    std::vector<int> shares;
    std::vector<std::int64_t> ids;
    std::set<std::int64_t> loaded;
    for (const auto& monitor : made) ids.push_back(monitor.id);
    for (int share = 0; share < kSchedulerShares; ++share) {
        shares.push_back(share);
        for (const auto& definition : load_share(pool, box, share)) loaded.insert(definition.id.value());
    }
    const auto named = load_monitors(pool, box, shares, ids);
    CHECK(named.size() == 4);
    for (const auto& definition : named) CHECK(!is_heartbeat(definition.id.value()));
    for (const auto id : ids) CHECK(loaded.count(id) == (is_heartbeat(id) ? 0 : 1));
    const auto site = stage().number(fmt::format("select site_id from monitor where id = {}", made[0].id));
    const auto status = load_site_status(pool, shares, {site});
    CHECK(status.size() == 4);
    CHECK(std::none_of(status.begin(), status.end(), [&](const auto& item) { return is_heartbeat(item.id.value()); }));
}

TEST_CASE("the names of leases are read back, and nothing else is taken for one") {
    for (int share = 0; share < kSchedulerShares; ++share) CHECK(share_of_lease(share_lease(share)) == share);
    for (const auto* name : {"scheduler/16", "scheduler/-1", "scheduler/", "scheduler/1x", "scheduler/member/a", "shard/1", ""}) {
        CHECK_MESSAGE(!share_of_lease(name), name);
    }
}

TEST_CASE("a job carries the secrets that its spec names, and no others") {
    auto& pool = stage().pool;
    const crypto::SecretBox box(std::string(32, 'k'));
    const auto made = stage().add_monitors(2, milliseconds{7'000}, {});
    std::vector<std::int64_t> ids;
    for (const auto& monitor : made) ids.push_back(monitor.id);
    const auto id = made[0].id;
    const auto sealed = service::seal_secrets(box, MonitorId(id), {{"TOKEN", Secret("s3cret")}, {"OTHER", Secret("unused")}});
    stage().run(fmt::format("update monitor set spec = '{{\"url\": \"http://127.0.0.1/{{{{secrets.TOKEN}}}}\"}}', secrets = '\\x{}' where id = any(array[{}, {}])",
                            crypto::hex(sealed), id, made[1].id));
    std::vector<int> shares;
    for (int share = 0; share < kSchedulerShares; ++share) shares.push_back(share);
    const auto loaded = load_monitors(pool, box, shares, ids);
    REQUIRE(loaded.size() == 2);
    for (const auto& definition : loaded) {
        const bool own = definition.id.value() == id;
        CHECK((definition.job.text().find(R"("secrets":{"TOKEN":"s3cret"})") != std::string::npos) == own);
        CHECK(definition.job.text().find("unused") == std::string::npos);
        CHECK((definition.job.text().find("\"secrets\":") != std::string::npos) == own);  // sealed for another, they do not open
    }
}

}  // namespace scheduler_store_test

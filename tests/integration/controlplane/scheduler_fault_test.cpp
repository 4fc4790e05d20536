// What is killed, stolen, deleted or wrong under way.
#include <doctest/doctest.h>

#include "tests/integration/controlplane/scheduler_running.h"

namespace scheduler_fault_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("when a scheduler dies, another has its shares within the lease's time, and the ledger counts every slot once") {
    Running stage;
    const auto start = stage.begin_account();
    auto first = stage.control_plane("first");
    REQUIRE(stage.owns_all(*first));
    auto second = stage.control_plane("second");
    REQUIRE(eventually([&] { return second->gauge("sonde_scheduler_shares") == kSchedulerShares / 2; }));
    REQUIRE(stage.reaches(wall_now() + seconds{1}));
    const auto died = std::chrono::steady_clock::now();
    first.reset();
    REQUIRE(stage.owns_all(*second));
    CHECK(std::chrono::steady_clock::now() - died < seconds{20});
    const auto end = wall_now() + seconds{3};
    REQUIRE(stage.reaches(end));
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
    // What nobody got was too old when the successor came, and was counted as such.
    CHECK(eventually([&] { return static_cast<std::int64_t>(stage.missing(start, end)) <= stage.skipped(); }));
}

TEST_CASE("a share whose lease another took is let go, and its cursor is not touched again") {
    Running stage;
    const auto start = stage.begin_account();
    auto plane = stage.control_plane("first");
    REQUIRE(stage.owns_all(*plane));
    REQUIRE(stage.reaches(start + seconds{1}));
    stage.run("update lease set owner = 'thief', epoch = epoch + 1, expires_at = now() + interval '1 hour' where name = 'scheduler/3'");
    const auto cursor = "select (extract(epoch from published_to) * 1000)::bigint from scheduler_cursor where share = 3";
    const auto left_at = stage.number(cursor);
    CHECK(eventually([&] { return plane->gauge("sonde_scheduler_shares") == kSchedulerShares - 1; }));
    const auto later = wall_now() + seconds{2};
    CHECK(eventually([&] { return stage.number("select count(*) from scheduler_cursor where published_to > now() - interval '1 s'") == 15; }));
    CHECK(eventually([&] { return wall_now() > later; }));
    CHECK(stage.number(cursor) == left_at);
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
}

TEST_CASE("while the database is down checks go on, and afterwards the ledger is whole") {
    Running stage;
    stage.config.lease_grace = seconds{30};
    const auto start = stage.begin_account();
    auto plane = stage.control_plane("first");
    REQUIRE(stage.reaches(start + seconds{3}));
    stage.postgres.kill_hard();
    const auto down = wall_now();
    CHECK(eventually([&] { return stage.missing(down, down + seconds{5}) == 0; }));
    CHECK(eventually([&] { return plane->scheduling->scheduler_trouble() != ""; }));
    stage.postgres.restart();
    const auto up = wall_now();
    REQUIRE(stage.reaches(up + seconds{1}));
    CHECK(plane->scheduling->scheduler_trouble() == "");
    CHECK(stage.all_arrive(start, up + seconds{1}));
    CHECK(stage.skipped() == 0);
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
}

TEST_CASE("after the bus was killed and lost everything, checks go on and the slots in between are skipped") {
    Running stage;
    const auto start = stage.begin_account();
    auto plane = stage.control_plane("first");
    REQUIRE(stage.reaches(start + seconds{6}));
    stage.nats.kill_hard();
    stage.nats.delete_store();
    REQUIRE(eventually([&] { return stage.skipped() > 0; }));
    stage.nats.restart();
    const auto up = wall_now();
    REQUIRE(stage.reaches(up + seconds{12}));
    CHECK(stage.all_arrive(up + seconds{6}, up + seconds{12}));
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
    CHECK(eventually([&] { return plane->scheduling->streams_trouble() == ""; }));
}

TEST_CASE("a stream that is deleted under way is made again at once, and no slot is skipped for it") {
    Running stage;
    const auto start = stage.begin_account();
    auto plane = stage.control_plane("first");
    REQUIRE(stage.reaches(start + seconds{6}));
    REQUIRE(stage.bus->delete_stream("SONDE_JOBS_eu").ok());
    const auto deleted = wall_now();
    REQUIRE(eventually([&] { return plane->gauge(R"(sonde_watchdog_recreated_total{what="missing"})") >= 1; }));
    REQUIRE(stage.reaches(deleted + seconds{7}));
    CHECK(stage.all_arrive(deleted, deleted + seconds{7}));
    CHECK(stage.skipped() == 0);
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
}

TEST_CASE("a region that is no more leaves no stream behind, not even one that went while no control plane ran") {
    Stage stage;
    stage.add_regions({"eu", "us", "ap"});
    const auto streams = [&](std::string_view region) {
        const auto names = stage.bus->stream_names();
        REQUIRE(names.ok());
        return std::count_if(names->begin(), names->end(), [&](const auto& name) { return name.ends_with(region); });
    };
    {
        auto plane = stage.control_plane("first");
        REQUIRE(eventually([&] { return streams("_eu") == 2 && streams("_us") == 2 && streams("_ap") == 2; }));
        stage.run("delete from region where name = 'us'");
        CHECK(eventually([&] { return streams("_us") == 0; }));
        CHECK(eventually([&] { return plane->gauge("sonde_watchdog_removed_total") == 2; }));
    }
    stage.run("delete from region where name = 'ap'");
    auto plane = stage.control_plane("second");
    CHECK(eventually([&] { return streams("_ap") == 0; }));
    CHECK(streams("_eu") == 2);
    CHECK(streams("SONDE_EVENTS") + streams("SONDE_RESULTS") + streams("SONDE_PARKED") == 3);
}

TEST_CASE("a cursor written under a wrong clock does not keep its monitors from being checked") {
    Running stage;
    const auto start = stage.begin_account();
    stage.run("update scheduler_cursor set published_to = published_to + interval '1 day' where share < 8");
    auto plane = stage.control_plane("first");
    REQUIRE(stage.owns_all(*plane));
    const auto owned = wall_now();
    CHECK(eventually([&] { return stage.number("select count(*) from scheduler_cursor where published_to > now() + interval '1 hour'") == 0; }));
    CHECK(stage.reaches(owned + seconds{6}));
    CHECK(stage.all_arrive(owned, owned + seconds{6}));
    CHECK(start < owned);
}

}  // namespace scheduler_fault_test

#include <doctest/doctest.h>

#include "tests/integration/controlplane/scheduler_running.h"

namespace scheduler_test {

using namespace sonde;
using namespace sonde::test;

TEST_CASE("every slot reaches each of its regions once, soon, and the ledger has it") {
    Running stage;
    const auto start = stage.begin_account();
    const auto plane = stage.control_plane("first");
    REQUIRE(stage.reaches(start + seconds{12}));
    CHECK(stage.all_arrive(start, start + seconds{12}));
    CHECK(!stage.any_twice());
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
    CHECK(stage.skipped() == 0);
    CHECK(plane->scheduling->scheduler_trouble() == "");
    CHECK(plane->scheduling->streams_trouble() == "");
    CHECK(plane->gauge("sonde_scheduler_monitors") == 60);
    plane->scheduling->stop();
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
}

TEST_CASE("two schedulers divide the shares, and one that stops hands its own over: nothing is lost, skipped or done twice") {
    Running stage;
    const auto start = stage.begin_account();
    auto first = stage.control_plane("first");
    REQUIRE(stage.owns_all(*first));
    auto second = stage.control_plane("second");
    REQUIRE(eventually([&] {
        return first->gauge("sonde_scheduler_shares") == kSchedulerShares / 2 && second->gauge("sonde_scheduler_shares") == kSchedulerShares / 2;
    }));
    REQUIRE(stage.reaches(wall_now() + seconds{2}));
    first->scheduling->stop();
    first.reset();
    REQUIRE(stage.owns_all(*second));
    const auto end = wall_now() + seconds{4};
    REQUIRE(stage.reaches(end));
    CHECK(stage.all_arrive(start, end));
    CHECK(!stage.any_twice());
    CHECK(stage.skipped() == 0);
    CHECK(stage.ledger_mistake(stage.monitors, start) == "");
}

TEST_CASE("pausing, editing, deleting and adding monitors, sites and regions act within a second") {
    Running stage;
    stage.begin_account();
    auto plane = stage.control_plane("first");
    const auto scheduled = [&] { return plane->gauge("sonde_scheduler_monitors"); };
    REQUIRE(eventually([&] { return scheduled() == 60; }));

    stage.run(fmt::format("update monitor set paused = true, version = version + 1 where id = {}", stage.monitors[0].id));
    CHECK(eventually([&] { return scheduled() == 59; }));
    stage.run(fmt::format("update monitor set deleted_at = now(), version = version + 1 where id = {}", stage.monitors[1].id));
    CHECK(eventually([&] { return scheduled() == 58; }));
    stage.run(fmt::format("update monitor set paused = false, version = version + 1 where id = {}", stage.monitors[0].id));
    CHECK(eventually([&] { return scheduled() == 59; }));
    const auto more = stage.add_monitors(7, kInterval, {"eu"});
    CHECK(eventually([&] { return scheduled() == 66; }));
    stage.run("update site set active = false where name = 'site' and id < 1100");
    CHECK(eventually([&] { return scheduled() == 0; }));
    const auto stopped = wall_now();
    stage.run("update site set active = true");
    CHECK(eventually([&] { return scheduled() == 66; }));
    const auto resumed = wall_now() + seconds{2};  // slots are published ahead: the next ones were when nothing ran
    CHECK(eventually([&] { return all_jobs(stage.agents).contains(*slots_between(more, resumed, resumed + kInterval).rbegin()); }));

    // Every agent with a region of its own: a region that is added is served, streams and all.
    stage.add_regions({"za"});
    stage.monitors = stage.add_monitors(3, kInterval, {"za"});
    const auto added = wall_now();
    stage.agents.push_back(stage.agent("za"));
    CHECK(stage.reaches(added + seconds{8}));
    CHECK(stage.all_arrive(added + seconds{3}, added + seconds{8}));
    CHECK(stopped < resumed);
}

TEST_CASE("slots that became worthless while no scheduler ran are counted as skipped, the others are published") {
    Running stage;
    const auto start = stage.begin_account();
    stage.run("update scheduler_cursor set published_to = published_to - interval '10 minutes'");
    auto plane = stage.control_plane("first");
    REQUIRE(stage.reaches(start + seconds{4}));
    CHECK(stage.ledger_mistake(stage.monitors, start - std::chrono::minutes{10}) == "");
    CHECK(stage.skipped() > 0);
    CHECK(stage.all_arrive(start, start + seconds{4}));
    for (const auto& [key, times] : all_jobs(stage.agents)) CHECK(std::get<2>(key) > start - seconds{3});
}

}  // namespace scheduler_test

// What the engine leaves for those who look back.
#include <doctest/doctest.h>

#include "tests/integration/engine/stage.h"

namespace history_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::Verdict;

namespace {

// But for the time in which it waits for its first quorum, which is there or not as the regions' results come together.
std::string states_of(Stage& stage, MonitorId monitor) {
    return stage.text("select string_agg(state, ' ' order by since) from state_edge where monitor_id = $1 and state <> 'pending'", {monitor});
}

}  // namespace

TEST_CASE("each change of state is kept with its time, without gap or overlap, whoever decides") {
    Stage stage;
    const auto site = stage.site("shop");
    const auto monitor = stage.monitor(site, "home");
    auto first = stage.engine();
    stage.round(monitor, 0, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    for (const int n : {1, 2, 3}) stage.round(monitor, n, Verdict::down, check::FailureClass::connect_refused);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
    first->crash();
    auto second = stage.engine();
    for (const int n : {4, 5}) stage.round(monitor, n, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    stage.run("update monitor set paused = true, version = version + 1 where id = $1", {monitor});
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "paused"; }));
    CHECK(states_of(stage, monitor) == "up down up paused");
    // The state there is began with the last edge, and each edge is a decision's.
    CHECK(stage.count("select count(*) from monitor_state s join state_edge e using (monitor_id, since, state) where s.monitor_id = $1", {monitor}) == 1);
    CHECK(stage.count("select count(*) from state_span where monitor_id = $1 and until is null", {monitor}) == 1);
    CHECK(stage.count("select count(*) from state_span where monitor_id = $1 and until <= since", {monitor}) == 0);
    stage.run("update monitor set deleted_at = now(), version = version + 1 where id = $1", {monitor});
    REQUIRE(eventually([&] { return states_of(stage, monitor) == "up down up paused gone"; }));
}

TEST_CASE("a result that comes long after its hour has the hour rolled up again, others cost nothing") {
    Stage stage;
    const auto monitor = stage.monitor(stage.site("shop"), "home");
    const auto engine = stage.engine();
    const auto fresh = std::chrono::floor<seconds>(wall_now());  // the stage's own slots are minutes old, which may be another hour
    for (const auto* region : {"eu", "us", "ap"}) stage.report({{.region = region, .monitor = monitor, .slot = fresh, .started_at = fresh}});
    REQUIRE(eventually([&] { return stage.count("select count(*) from result") == 3; }));
    CHECK(stage.count("select count(*) from rollup_again") == 0);
    const auto late = std::chrono::floor<std::chrono::hours>(wall_now()) - std::chrono::hours{3} + seconds{30};
    stage.report({{.region = "eu", .monitor = monitor, .slot = late, .started_at = late}, {.region = "us", .monitor = monitor, .slot = late, .started_at = late}});
    REQUIRE(eventually([&] { return stage.count("select count(*) from result") == 5; }));
    CHECK(stage.count("select count(*) from rollup_again where monitor_id = $1 and hour = date_trunc('hour', $2::timestamptz)", {monitor, TimePoint{late}}) == 1);
    CHECK(stage.count("select count(*) from rollup_again") == 1);
}

}  // namespace history_test

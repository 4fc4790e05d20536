// Maintenance windows with real servers and real time.
#include <doctest/doctest.h>

#include "lib/base/relation_id.h"
#include "tests/integration/engine/stage.h"

namespace maintenance_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

std::int64_t window(Stage& stage, TimePoint from, TimePoint to, const std::string& targets) {
    const auto id = new_id<WindowId>();
    stage.run("insert into maintenance (id, title, starts_at, ends_at, over_at, " + targets.substr(0, targets.find('=')) + ") values ($1, 'Works', $2, $3, $3, " +
                  targets.substr(targets.find('=') + 1) + ")",
              {id, from, to});
    return id.value();
}

std::string told(Stage& stage) {
    return stage.text("select string_agg(kind || coalesce(' ' || (payload ->> 'reason'), ''), ', ' order by id) from outbox where kind like 'maintenance.%'");
}

double late(Stage& stage, const std::string& kind, const std::string& field) {
    return std::stod(stage.text("select extract(epoch from at - (payload #>> '{maintenance," + field + "}')::timestamptz)::text from outbox where kind = $1", {kind}));
}

struct Site {
    Stage stage;
    SiteId site = stage.site("Shop");
    MonitorId monitor = stage.monitor(site, "API");

    void fails(int n) { stage.round(monitor, n, Verdict::down, FailureClass::http_status); }
    void is_well(int n) { stage.round(monitor, n, Verdict::up); }
    void shows(const std::string& state) { REQUIRE(eventually([&] { return stage.state_of(monitor) == state; })); }
    std::int64_t suppressed() { return stage.count("select count(*) from decision where kind = 'suppressed'"); }
};

}  // namespace

TEST_CASE("nothing opens inside a window, and what is still down when it ends is told then") {
    Site it;
    auto& stage = it.stage;
    const auto engine = stage.engine();
    it.is_well(0);
    it.shows("up");
    const auto from = wall_now() + milliseconds{700};
    const auto to = from + milliseconds{6000};
    window(stage, from, to, "sites=array[" + std::to_string(it.site.value()) + "]");
    it.shows("maintenance");
    CHECK(wall_now() - from < seconds{20});
    it.fails(1);
    REQUIRE(eventually([&] { return it.suppressed() == 1; }));
    it.fails(2);
    CHECK(stage.text("select cover || ' ' || scope from suppression where ended_at is null") == "maintenance outage");
    CHECK(stage.text("select votes #>> '{suppressed_by,name}' from decision where kind = 'suppressed'") == "Works");
    CHECK(stage.count("select count(*) from incident") == 0);
    REQUIRE(eventually([&] { return stage.count("select count(*) from result") == 9; }));

    REQUIRE(eventually([&] { return stage.count("select count(*) from incident where state = 'open'") == 1; }));
    CHECK(wall_now() - to < seconds{20});
    CHECK(wall_now() >= to);
    CHECK(stage.state_of(it.monitor) == "down");
    CHECK(it.suppressed() == 1);
    CHECK(stage.text("select reason from incident_event where kind = 'opened'") == "maintenance_ended");
    CHECK(stage.count("select count(*) from incident where failing_since < $1", {to - seconds{1}}) == 1);
    CHECK(stage.text("select end_reason from suppression") == "told");
    REQUIRE(eventually([&] { return told(stage) == "maintenance.started begun, maintenance.ended over"; }));
    CHECK(late(stage, "maintenance.started", "starts_at") < 1.0);
    CHECK(late(stage, "maintenance.ended", "ends_at") < 1.0);
    it.is_well(3);
    it.is_well(4);
    it.shows("up");
    CHECK(stage.text("select state from incident") == "resolved");
}

TEST_CASE("what was open before a window is acknowledged and resolved inside it") {
    Site it;
    auto& stage = it.stage;
    const auto engine = stage.engine();
    it.is_well(0);
    it.fails(1);
    it.shows("down");
    window(stage, wall_now() - seconds{60}, wall_now() + seconds{60}, "monitors=array[" + std::to_string(it.monitor.value()) + "]");
    it.shows("maintenance");
    const auto number = stage.command(it.site, "acknowledge");
    REQUIRE(eventually([&] { return stage.outcome(number) == "done"; }));
    it.is_well(2);
    it.is_well(3);
    REQUIRE(eventually([&] { return stage.text("select state from incident") == "resolved"; }));
    CHECK(stage.state_of(it.monitor) == "maintenance");
    it.fails(4);
    REQUIRE(eventually([&] { return it.suppressed() == 1; }));
    it.is_well(5);
    it.is_well(6);
    REQUIRE(eventually([&] { return stage.text("select end_reason from suppression") == "over"; }));
    stage.run("update maintenance set deleted_at = now(), updated_at = now()");
    it.shows("up");
    CHECK(stage.told_of(it.site) == "incident.opened incident.acknowledged incident.resolved");
    REQUIRE(eventually([&] { return told(stage) == "maintenance.started begun, maintenance.ended deleted"; }));
}

TEST_CASE("windows by tag, their overlap, their edits, and recurring ones") {
    Site it;
    auto& stage = it.stage;
    stage.run("update site set tags = '{prod}'");
    const auto engine = stage.engine();
    it.is_well(0);
    it.shows("up");
    const auto now = wall_now();
    const auto first = window(stage, now - seconds{5}, now + seconds{3600}, "tags=array['prod']");
    const auto second = window(stage, now - seconds{5}, now + seconds{1800}, "monitors=array[" + std::to_string(it.monitor.value()) + "]");
    it.shows("maintenance");
    stage.run("update maintenance set ends_at = now(), over_at = now(), updated_at = now() where id = $1", {first});
    REQUIRE(eventually([&] { return stage.text("select string_agg((core::jsonb #>> '{muting,window}'), '') from monitor_state") == WindowId{second}.text(); }));
    CHECK(stage.state_of(it.monitor) == "maintenance");
    SUBCASE("the monitor loses what it was a target by") {
        stage.run("update maintenance set monitors = '{}', tags = '{prod}', updated_at = now() where id = $1", {second});
        stage.run("update site set tags = '{}'");
        it.shows("up");
    }
    SUBCASE("a daily one, given an end by hand") {
        stage.run("update maintenance set ends_at = null, rrule = 'FREQ=DAILY', duration_ms = 3600000, over_at = null, updated_at = now() where id = $1", {second});
        CHECK(stage.state_of(it.monitor) == "maintenance");
        stage.run("insert into maintenance_occurrence (window_id, starts_at, ends_at, given_end) select id, date_trunc('second', starts_at), now(), true from maintenance"
                  " where id = $1 on conflict (window_id, starts_at) do update set ends_at = now(), given_end = true", {second});
        stage.run("update maintenance set updated_at = now() where id = $1", {second});
        it.shows("up");
    }
    it.fails(1);
    it.shows("down");
    CHECK(stage.told_of(it.site) == "incident.opened");
}

TEST_CASE("engines that die and take over tell each occurrence once, and nothing that was withheld is lost") {
    Site it;
    auto& stage = it.stage;
    auto first = stage.engine();
    auto second = stage.engine();
    it.is_well(0);
    it.shows("up");
    const auto to = wall_now() + seconds{6};
    window(stage, wall_now(), to, "sites=array[" + std::to_string(it.site.value()) + "]");
    it.shows("maintenance");
    it.fails(1);
    REQUIRE(eventually([&] { return it.suppressed() == 1; }));
    first->crash();
    REQUIRE(eventually([&] { return stage.count("select count(*) from incident where state = 'open'") == 1; }));
    CHECK(wall_now() >= to);
    REQUIRE(eventually([&] { return told(stage) == "maintenance.started begun, maintenance.ended over"; }));
    CHECK(it.suppressed() == 1);
    CHECK(stage.told_of(it.site) == "incident.opened");
}

TEST_CASE("the events of a window have the tags that it names, and those of the sites and monitors that it names") {
    Site it;
    auto& stage = it.stage;
    const auto other = stage.site("Blog");
    const auto page = stage.monitor(other, "page");
    const auto by_tag = stage.monitor(stage.site("Wiki"), "wiki");
    stage.run("update site set tags = array['shop'] where id = $1", {it.site});
    stage.run("update monitor set tags = array['api', 'payments'] where id = $1", {it.monitor});
    stage.run("update site set tags = array['blog'] where id = $1", {other});
    stage.run("update monitor set tags = array['berlin', 'wiki'] where id = $1", {by_tag});
    const auto engine = stage.engine();
    const auto from = wall_now() - milliseconds{1000};
    const auto told_tags = [&] { return stage.text("select string_agg(payload ->> 'tags', ' ' order by payload ->> 'tags') from outbox where kind = 'maintenance.started'"); };
    SUBCASE("a site and a tag: of what else carries the tag, that tag alone") {
        window(stage, from, from + milliseconds{60'000}, "sites,tags=array[" + std::to_string(it.site.value()) + "],array['berlin']");
        REQUIRE(eventually([&] { return told(stage) == "maintenance.started begun"; }));
        CHECK(told_tags() == R"(["api", "berlin", "payments", "shop"])");
    }
    SUBCASE("a monitor, with its site's tags") {
        const auto id = window(stage, from, from + milliseconds{60'000}, "monitors=array[" + std::to_string(page.value()) + "]");
        REQUIRE(eventually([&] { return told(stage) == "maintenance.started begun"; }));
        CHECK(told_tags() == R"(["blog"])");
        stage.run("update maintenance set deleted_at = now(), updated_at = now(), version = version + 1 where id = $1", {id});
        REQUIRE(eventually([&] { return told(stage) == "maintenance.started begun, maintenance.ended deleted"; }));
        CHECK(stage.text("select payload ->> 'tags' from outbox where kind = 'maintenance.ended'") == R"(["blog"])");
    }
}

}  // namespace maintenance_test

// Dependencies and groups, within one engine and between two.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "lib/base/relation_id.h"
#include "lib/base/shard.h"
#include "lib/decision/incident_command.h"
#include "tests/integration/engine/stage.h"

namespace relations_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

struct Net {
    Stage stage;
    SiteId core = stage.site("Core");
    SiteId shop = site_elsewhere();
    MonitorId router = stage.monitor(core, "Router");
    MonitorId api = stage.monitor(shop, "API");
    std::vector<std::unique_ptr<engine::EngineApp>> engines;

    // In a shard that another engine may own.
    SiteId site_elsewhere() {
        for (;;) {
            const auto site = stage.site("Shop");
            if (shard_of(site) % 2 != shard_of(core) % 2) return site;
            stage.run("delete from site where id = $1", {site});
        }
    }
    void depends(MonitorId child, const std::string& kind, std::int64_t parent) {
        stage.run("insert into dependency (id, child_kind, child_id, parent_kind, parent_id) values ($1, 'monitor', $2, $3, $4)",
                  {new_id<DependencyId>(), child, kind, parent});
    }
    void begin(int n = 1) {
        for (int i = 0; i < n; ++i) engines.push_back(stage.engine());
        stage.round(router, 0, Verdict::up);
        stage.round(api, 0, Verdict::up);
        shows(router, "up");
        shows(api, "up");
    }
    void fails(MonitorId monitor, int n) { stage.round(monitor, n, Verdict::down, FailureClass::connect_timeout); }
    void shows(MonitorId monitor, const std::string& state) { REQUIRE(eventually([&] { return stage.state_of(monitor) == state; })); }
    std::string cover() { return stage.text("select string_agg(cover, ' ' order by id) from suppression where ended_at is null"); }
    std::string opened(SiteId site) { return stage.text("select string_agg(state, ' ' order by id) from incident where site_id = $1", {site}); }
    // Answers as the regions would that were asked out of turn since then.
    void answer(MonitorId monitor, Verdict verdict) {
        std::vector<Report> reports;
        auto at = wall_now();
        const auto slot = at;
        for (const auto* region : {"eu", "us", "ap"}) {
            reports.push_back({.region = region, .monitor = monitor, .slot = slot, .verdict = verdict,
                               .cause = verdict == Verdict::up ? FailureClass::none : FailureClass::connect_timeout, .attempt = 1, .started_at = at});
            at += milliseconds{1};  // one of them must have begun after the first
        }
        std::this_thread::sleep_for(milliseconds{10});
        stage.report(reports);
    }
    bool was_asked(MonitorId monitor) {
        const auto all = stage.asked("us");
        return std::any_of(all.begin(), all.end(), [&](const std::string& text) { return text.find(monitor.text()) != std::string::npos; });
    }
};

}  // namespace

TEST_CASE("a child of a parent that is down is not told, is counted in the parent's incident, and is told when it fails on") {
    Net net;
    auto& stage = net.stage;
    int engines = 1;
    SUBCASE("within one engine") { engines = 1; }
    SUBCASE("between two engines") { engines = 2; }
    net.depends(net.api, "monitor", net.router.value());
    net.begin(engines);
    net.fails(net.router, 1);
    net.shows(net.router, "down");
    net.fails(net.api, 1);
    net.shows(net.api, "down");
    REQUIRE(eventually([&] { return net.cover() == "dependency"; }));
    CHECK(net.opened(net.shop).empty());
    CHECK(stage.text("select votes #>> '{suppressed_by,name}' from decision where kind = 'suppressed' and reason = 'dependency_down'") == "Router");
    REQUIRE(eventually([&] { return stage.text("select affected_monitors || ' ' || affected_sites from incident where site_id = $1", {net.core}) == "1 1"; }));
    CHECK(stage.text("select data #>> '{affected,monitors}' from incident_event where kind = 'radius'") == "1");
    CHECK(stage.text("select payload #>> '{incident,affected,monitors}' from outbox where kind = 'incident.updated' order by id desc limit 1") == "1");

    stage.round(net.router, 2, Verdict::up);
    stage.round(net.router, 3, Verdict::up);
    net.shows(net.router, "up");
    REQUIRE(eventually([&] { return net.opened(net.core) == "resolved"; }));
    CHECK(net.opened(net.shop).empty());
    SUBCASE("it fails on") {
        net.answer(net.api, Verdict::down);
        REQUIRE(eventually([&] { return net.opened(net.shop) == "open"; }));
        CHECK(stage.text("select reason from incident_event where kind = 'opened' order by at desc limit 1") == "dependency_ended");
        REQUIRE(eventually([&] { return net.cover().empty(); }));
    }
    SUBCASE("it is well, too") {
        net.answer(net.api, Verdict::up);
        net.answer(net.api, Verdict::up);
        net.shows(net.api, "up");
        CHECK(net.opened(net.shop).empty());
        CHECK(stage.told_of(net.shop).empty());
    }
}

TEST_CASE("a child that is seen failing first waits for its parent, which is asked at once") {
    Net net;
    auto& stage = net.stage;
    int engines = 1;
    SUBCASE("within one engine") { engines = 1; }
    SUBCASE("between two engines") { engines = 2; }
    net.depends(net.api, "monitor", net.router.value());
    net.begin(engines);
    net.fails(net.api, 1);
    net.shows(net.api, "down");
    REQUIRE(eventually([&] { return net.cover() == "doubt"; }));
    REQUIRE(eventually([&] { return net.was_asked(net.router); }));
    SUBCASE("the parent is down: only that is told") {
        net.answer(net.router, Verdict::down);
        net.shows(net.router, "down");
        REQUIRE(eventually([&] { return net.cover() == "dependency"; }));
        CHECK(net.opened(net.core) == "open");
        CHECK(stage.told_of(net.shop).empty());
        SUBCASE("and when the dependency is taken away in the middle of it, the child is told") {
            stage.run("delete from dependency");
            REQUIRE(eventually([&] { return net.was_asked(net.api); }));
            std::this_thread::sleep_for(milliseconds{400});  // the engine has taken the edge away
            net.answer(net.api, Verdict::down);
            REQUIRE(eventually([&] { return net.opened(net.shop) == "open"; }));
        }
        SUBCASE("and when the parent is deleted, the child is told") {
            stage.run("update monitor set deleted_at = now() where id = $1", {net.router});
            REQUIRE(eventually([&] { return net.opened(net.core) == "resolved"; }));
            std::this_thread::sleep_for(milliseconds{400});
            net.answer(net.api, Verdict::down);
            REQUIRE(eventually([&] { return net.opened(net.shop) == "open"; }));
        }
    }
    SUBCASE("the parent is well: the child is told") {
        net.answer(net.router, Verdict::up);
        REQUIRE(eventually([&] { return net.opened(net.shop) == "open"; }));
        CHECK(stage.text("select reason from incident_event where kind = 'opened'") == "quorum_down");
    }
    SUBCASE("nobody hears of the parent: the child is told all the same, after nine seconds") {
        const auto since = wall_now();
        REQUIRE(eventually([&] { return net.opened(net.shop) == "open"; }));
        CHECK(wall_now() - since < seconds{20});
    }
}

TEST_CASE("a group speaks for its members, in its site's incident") {
    Net net;
    auto& stage = net.stage;
    const auto second = stage.monitor(net.shop, "API 2");
    const auto group = new_id<GroupId>();
    stage.run("insert into monitor_group (id, site_id, name, needed, quiet_members, members) values ($1, $2, 'Web', 1, true, $3)",
              {group, net.core, std::vector<std::int64_t>{net.api.value(), second.value()}});
    int engines = 1;
    SUBCASE("within one engine") { engines = 1; }
    SUBCASE("between two engines") { engines = 2; }
    net.begin(engines);
    stage.round(second, 0, Verdict::up);
    const auto state = [&] { return stage.text("select state from group_state"); };
    REQUIRE(eventually([&] { return state() == "up"; }));
    net.fails(net.api, 1);
    REQUIRE(eventually([&] { return state() == "degraded"; }));
    CHECK(stage.count("select count(*) from incident") == 0);
    net.fails(second, 1);
    REQUIRE(eventually([&] { return net.opened(net.core) == "open"; }));
    CHECK(state() == "down");
    CHECK(net.opened(net.shop).empty());
    CHECK(stage.text("select title from incident") == "Core: group Web is down");
    CHECK(stage.text("select is_group::text from incident_monitor") == "true");
    // What it is down by is written down with it: each failing member, with its votes, two of which are enough.
    CHECK(stage.text("select string_agg(format('%s %s %s', m ->> 'name', m ->> 'interval_ms',"
                     " jsonb_array_length(jsonb_path_query_array(m, '$.votes[*] ? (@.verdict == \"down\")')) >= 2), '; ' order by place) "
                     "from incident_event, jsonb_array_elements(data -> 'members') with ordinality as e (m, place) where kind = 'opened'") ==
          "API 30000 t; API 2 30000 t");
    CHECK(stage.text("select payload #>> '{incident,groups,0,name}' from outbox where kind = 'incident.opened'") == "Web");
    CHECK(stage.count("select count(*) from outbox where kind = 'group.changed' and payload #>> '{group,to}' = 'down'") == 1);
    SUBCASE("it recovers with its members") {
        stage.round(second, 2, Verdict::up);
        stage.round(second, 3, Verdict::up);
        REQUIRE(eventually([&] { return net.opened(net.core) == "resolved"; }));
        CHECK(state() == "degraded");
    }
    SUBCASE("it is deleted: its incident ends, and its members speak for themselves") {
        stage.run("update monitor_group set deleted_at = now(), updated_at = now()");
        REQUIRE(eventually([&] { return net.opened(net.core) == "resolved" && net.opened(net.shop) == "open"; }));
    }
    SUBCASE("the incident goes by its severity, and one that is opened by hand takes it in") {
        CHECK(stage.text("select severity from incident_monitor") == "critical");
        stage.run("update monitor_group set severity = 'minor', updated_at = now()");
        REQUIRE(eventually([&] { return stage.text("select severity from incident") == "minor"; }));
        CHECK(stage.text("select severity from incident_monitor") == "minor");
        CHECK(stage.count("select count(*) from incident_event where kind = 'severity_changed'") == 1);
        CHECK(stage.count("select count(*) from incident_event where kind = 'cause_changed'") == 0);
        const auto resolving = stage.command(net.core, "resolve");
        REQUIRE(eventually([&] { return stage.outcome(resolving) == "done"; }));
        const decision::Command open{decision::Action::open, "token:ann", "still", {}, decision::Opening{net.core, decision::Scope::outage, "Web stands"}};
        const auto opening = stage.count("insert into incident_command (incident_id, shard, action, actor, body) values ($1, $2, 'open', 'token:ann', $3) returning id",
                                         {new_id<IncidentId>(), shard_of(net.core), json::dump(decision::write_body(open))});
        stage.run("select pg_notify('sonde_command', '')");
        REQUIRE(eventually([&] { return stage.outcome(opening) == "done"; }));
        CHECK(net.opened(net.core) == "resolved open");
        CHECK(stage.count("select count(*) from incident_monitor where is_group and left_at is null and severity = 'minor'") == 1);
        CHECK(stage.text("select data #>> '{group,name}' from incident_event where kind = 'monitor_joined'") == "Web");
    }
    SUBCASE("its engine dies: nothing is told twice") {
        for (auto& engine : net.engines) engine->crash();
        net.engines.clear();
        net.engines.push_back(stage.engine());
        REQUIRE(eventually([&] { return ready(*net.engines[0]); }));
        net.fails(second, 2);
        stage.round(second, 3, Verdict::up);
        stage.round(second, 4, Verdict::up);
        REQUIRE(eventually([&] { return net.opened(net.core) == "resolved"; }));
        CHECK(stage.told_of(net.core).find("incident.opened incident.opened") == std::string::npos);
        CHECK(stage.count("select count(*) from outbox where kind = 'incident.opened'") == 1);
    }
}

TEST_CASE("the graph is read anew when something that it depends on changed, and not after any other edit") {
    Net net;
    auto& stage = net.stage;
    int engines = 1;
    SUBCASE("within one engine") { engines = 1; }
    SUBCASE("between two engines") { engines = 2; }
    net.depends(net.api, "site", net.core.value());
    const auto alone = stage.monitor(stage.site("Blog"), "page");
    net.begin(engines);
    stage.round(alone, 0, Verdict::up);
    net.shows(alone, "up");
    const auto loads = [&] {
        double sum = 0;
        for (const auto& engine : net.engines) sum += metric(*engine, "sonde_engine_relations_load_seconds_count");
        return sum;
    };
    const auto before = loads();
    const auto pause = [&](MonitorId monitor) {
        stage.run("update monitor set paused = true, interval_ms = 30000, updated_at = now() where id = $1", {monitor});
        net.shows(monitor, "paused");
        stage.run("update monitor set paused = false, updated_at = now() where id = $1", {monitor});
        REQUIRE(eventually([&] { return stage.state_of(monitor) != "paused"; }));
    };
    // Not of a monitor that takes no part, and not of the child: its own engine has read it anyway.
    pause(alone);
    pause(net.api);
    stage.run("update site set tags = array['blog'], name = 'Weblog' where id = (select site_id from monitor where id = $1)", {alone});
    stage.run("update site set tags = array['core'] where id = $1", {net.core});
    stage.run("update monitor set name = 'API 1', paused = true where id = $1", {net.api});
    net.shows(net.api, "paused");
    if (engines == 1) CHECK(loads() == before);
    const auto then = loads();
    stage.run("update site set name = 'Core 1' where id = $1", {net.core});
    REQUIRE(eventually([&] { return loads() > then; }));
    // A monitor that comes to the parent's site is a parent, too; and one that goes is none.
    stage.run("update monitor set paused = false where id = $1", {net.api});
    const auto second = stage.monitor(net.core, "Router 2");
    net.answer(net.api, Verdict::up);
    net.shows(net.api, "up");
    stage.round(second, 1, Verdict::up);
    net.shows(second, "up");
    net.fails(second, 2);
    net.shows(second, "down");
    net.answer(net.api, Verdict::down);
    net.shows(net.api, "down");
    REQUIRE(eventually([&] { return net.cover() == "dependency"; }));
    CHECK(net.opened(net.shop).empty());
    stage.run("update monitor set deleted_at = now() where id = $1", {second});
    REQUIRE(eventually([&] { return net.opened(net.core) == "resolved"; }));
    std::this_thread::sleep_for(milliseconds{400});
    net.answer(net.api, Verdict::down);
    REQUIRE(eventually([&] { return net.opened(net.shop) == "open"; }));
}

}  // namespace relations_test

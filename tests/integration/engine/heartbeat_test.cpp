// Heartbeats through real servers: pings as a control plane publishes them, engines that come and go.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "lib/check/policy.h"
#include "lib/message/subject.h"
#include "tests/integration/engine/stage.h"

namespace heartbeat_test {

using namespace sonde;
using namespace sonde::engine;
using namespace sonde::engine::test;

namespace {

struct Job {
    Stage stage;
    SiteId site = stage.site("Backups");
    MonitorId monitor = new_id<MonitorId>();

    Job(milliseconds period, milliseconds grace) {
        check::Policy policy;
        policy.recovery_rounds = 1;
        stage.run("insert into monitor (id, site_id, shard, share, kind, name, spec, interval_ms, timeout_ms, phase_ms, policy, ping_token)"
                  " values ($1, $2, $3, $4, 'heartbeat', 'nightly', $5, 60000, 10000, 0, $6, $7)",
                  {monitor, site, shard_of(site), scheduler_share_of(monitor),
                   fmt::format(R"({{"period_ms":{},"grace_ms":{}}})", period.count(), grace.count()), json::dump(check::write_policy(policy)),
                   fmt::format("token-{}", monitor.value())});
    }

    void ping(TimePoint at, const std::string& kind = "success") {
        const bool failed = kind == "fail";
        const bool well = kind == "success";
        stage.report({{.region = "push", .monitor = monitor, .slot = at,
                       .verdict = failed ? check::Verdict::down : well ? check::Verdict::up : check::Verdict::unknown,
                       .cause = failed ? check::FailureClass::heartbeat_failed : check::FailureClass::none,
                       .detail = fmt::format(R"({{"message":"as told","heartbeat":{{"ping":"{}","from":"192.0.2.1","body":"said"}}}})", kind),
                       .started_at = at}});
    }
    bool becomes(const std::string& state) {
        return eventually([&] { return stage.state_of(monitor) == state; });
    }
    TimePoint since() { return *from_rfc3339(stage.text("select to_char(since at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') from monitor_state where monitor_id = $1", {monitor})); }
};

}  // namespace

TEST_CASE("silence past the deadline is an outage, found by the engine's own clock, and the next success ends it") {
    Job job(milliseconds{1000}, milliseconds{1000});
    const auto engine = job.stage.engine();
    CHECK(eventually([&] { return ready(*engine); }));
    const auto last = wall_now();
    job.ping(last);
    CHECK(job.becomes("down"));
    CHECK(job.since() >= last + seconds{2});  // not before the deadline
    CHECK(job.stage.text("select cause from incident_monitor") == "heartbeat_late");
    CHECK(job.stage.text("select title from incident") == "Backups: nightly is down: heartbeat_late");
    job.ping(wall_now());
    CHECK(eventually([&] { return job.stage.told_of(job.site).ends_with("incident.resolved"); }));
    CHECK(job.stage.count("select count(*) from slot_ledger where region = 'push'") == 0);
    CHECK(job.stage.text("select detail #>> '{heartbeat,body}' from result limit 1") == "said");
}

TEST_CASE("a reported failure is an outage at once, pings that come twice are one, and starts and log entries only recorded") {
    Job job(milliseconds{3'600'000}, milliseconds{60'000});
    const auto engine = job.stage.engine();
    const auto at = wall_now() - seconds{5};
    job.ping(at);
    CHECK(job.becomes("up"));
    job.ping(at + milliseconds{1}, "start");
    job.ping(at + milliseconds{2}, "log");
    job.ping(at + milliseconds{3}, "fail");
    CHECK(job.becomes("down"));
    CHECK(job.stage.text("select cause from incident_monitor") == "heartbeat_failed");
    job.ping(at + milliseconds{3}, "fail");
    job.ping(at);
    CHECK(eventually([&] { return metric(*engine, "sonde_engine_results_duplicate_total") == 2; }));
    CHECK(job.stage.count("select count(*) from result where region_id = 0") == 4);
    CHECK(job.stage.count("select count(*) from incident") == 1);
    CHECK(job.stage.state_of(job.monitor) == "down");
    CHECK(job.stage.text("select core::jsonb #>> '{heartbeat,last_run}' from monitor_state") == "2");
}

TEST_CASE("what was pinged while no engine ran is heard before silence is judged, and a deadline survives the engine") {
    Job job(milliseconds{4000}, milliseconds{1000});
    auto engine = job.stage.engine();
    job.ping(wall_now());
    CHECK(job.becomes("up"));
    engine->crash();
    engine.reset();
    // Long past the deadline by the clock of the next engine; the stream holds what came meanwhile.
    job.stage.run("update monitor_state set core = jsonb_set(jsonb_set(core::jsonb, '{heartbeat,last_success}', to_jsonb($2::bigint)),"
                  " '{heartbeat,deadline}', to_jsonb($2::bigint + 5000))::text where monitor_id = $1",
                  {job.monitor, to_unix_ms(wall_now() - seconds{60})});
    const auto last = wall_now();
    job.ping(last);
    engine = job.stage.engine();
    CHECK(job.becomes("down"));
    CHECK(job.since() >= last + seconds{5});
    CHECK(job.stage.count("select count(*) from incident") == 1);
    CHECK(job.stage.count("select count(*) from decision where to_state = 'down'") == 1);
}

TEST_CASE("pings of a monitor that is checked, and checks of one that is pinged, are refused") {
    Job job(milliseconds{3'600'000}, milliseconds{60'000});
    const auto checked = job.stage.monitor(job.site, "page");
    const auto engine = job.stage.engine();
    job.stage.report({{.region = "push", .monitor = checked, .slot = wall_now(), .detail = R"({"heartbeat":{"ping":"success"}})"}});
    job.stage.report({{.region = "eu", .monitor = job.monitor, .slot = wall_now()}});
    CHECK(eventually([&] { return metric(*engine, "sonde_engine_results_refused_total{reason=\"region_not_asked\"}") == 2; }));
    CHECK(job.stage.count("select count(*) from result") == 0);
}

}  // namespace heartbeat_test

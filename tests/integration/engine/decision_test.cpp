// Results in, incidents out: the whole engine on real servers.
#include <doctest/doctest.h>

#include <algorithm>

#include "lib/message/subject.h"
#include "tests/integration/engine/stage.h"

namespace decision_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

TEST_CASE("an outage seen by all regions becomes one incident, told once, and resolved after two good rounds") {
    Stage stage;
    const auto site = stage.site("API");
    const auto monitor = stage.monitor(site, "API");
    auto engine = stage.engine();
    std::mutex mutex;
    std::vector<std::string> relayed;
    const auto heard = stage.bus().subscribe("sonde.v1.events.>", [&](bus::Delivery delivery) {
        const std::scoped_lock lock(mutex);
        relayed.push_back(delivery.subject);
    });
    REQUIRE(eventually([&] { return ready(*engine); }));

    stage.round(monitor, 0, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    const auto first_failure = wall_now();
    stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(1), .verdict = Verdict::down, .cause = FailureClass::connect_refused,
                   .started_at = first_failure}});
    SUBCASE("and the other regions are asked at once") {
        REQUIRE(eventually([&] { return !stage.asked("us").empty() && !stage.asked("ap").empty() && !stage.asked("eu").empty(); }));
        const auto batch = message::read_job_batch(stage.asked("us")[0]);
        REQUIRE(batch.ok());
        REQUIRE(batch->jobs.size() == 1);
        const auto& job = batch->jobs[0];
        CHECK(job.monitor == monitor);
        CHECK(job.slot == stage.slot(1));
        CHECK(job.attempt == 1);
        CHECK(job.reason == message::JobReason::confirm);
        CHECK(job.not_after > job.not_before);
        CHECK(job.spec.find("192.0.2.1") != std::string::npos);
    }
    CHECK(stage.count("select count(*) from incident") == 0);
    stage.report({{.region = "us", .monitor = monitor, .slot = stage.slot(1), .verdict = Verdict::down, .cause = FailureClass::connect_refused,
                   .attempt = 1},
                  {.region = "ap", .monitor = monitor, .slot = stage.slot(1), .verdict = Verdict::down, .cause = FailureClass::connect_refused,
                   .attempt = 1}});
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
    CHECK(stage.told_of(site) == "incident.opened");
    CHECK(stage.text("select title from incident where site_id = $1", {site}).starts_with("API is down: connect_refused from eu"));
    CHECK(stage.count("select (extract(epoch from failing_since) * 1000)::bigint from incident") == to_unix_ms(first_failure));

    for (int n = 2; n <= 4; ++n) stage.round(monitor, n, Verdict::down, FailureClass::connect_refused);
    stage.round(monitor, 5, Verdict::up);
    stage.round(monitor, 6, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    CHECK(stage.told_of(site) == "incident.opened incident.resolved");
    CHECK(stage.text("select state || ' ' || resolved_by from incident") == "resolved engine");
    CHECK(stage.text("select string_agg(kind, ' ' order by seq) from incident_event") == "opened monitor_left resolved");
    CHECK(stage.count("select count(*) from incident_monitor where left_at is not null") == 1);

    // What led to it is on record, with the votes and the rule.
    CHECK(stage.text("select votes ->> 'rule' from decision where kind = 'transition' and to_state = 'down'") ==
          "majority of failure domains, confirmed");
    CHECK(stage.count("select jsonb_array_length(votes -> 'votes') from decision where kind = 'confirming'") == 3);
    CHECK(stage.count("select count(*) from decision d join incident i on i.id = d.incident_id where d.kind = 'transition'") == 2);
    CHECK(stage.text("select payload -> 'votes' -> 0 ->> 'message' from outbox where kind = 'incident.opened'") == "as told");

    // Every result is in the history and in the account, and every event is on the bus.
    CHECK(stage.count("select count(*) from result") == 3 + 3 + 9 + 6);
    CHECK(stage.count("select sum(executed) from slot_ledger") == 3 + 1 + 9 + 6);
    REQUIRE(eventually([&] { return stage.count("select count(*) from event_to_relay") == 0; }));
    REQUIRE(eventually([&] {
        const std::scoped_lock lock(mutex);
        return relayed.size() == 4;  // both incident events, and two of the monitor
    }));
    {
        const std::scoped_lock lock(mutex);
        CHECK(std::count(relayed.begin(), relayed.end(), message::subject::event("incident.opened", site)) == 1);
    }
    CHECK(metric(*engine, "sonde_engine_incidents_opened_total") == 1);
    CHECK(metric(*engine, "sonde_engine_results_total{verdict=\"up\"}") == 9);
    engine->stop();
}

TEST_CASE("one region alone opens an advisory, and no incident") {
    Stage stage;
    const auto site = stage.site("API");
    const auto monitor = stage.monitor(site, "API");
    const auto engine = stage.engine();
    stage.round(monitor, 0, Verdict::up);
    for (int n = 1; n <= 2; ++n) {
        stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(n), .verdict = Verdict::down, .cause = FailureClass::reset},
                      {.region = "us", .monitor = monitor, .slot = stage.slot(n), .attempt = 1},
                      {.region = "ap", .monitor = monitor, .slot = stage.slot(n), .attempt = 1}});
        stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(n), .verdict = Verdict::down, .cause = FailureClass::reset,
                       .attempt = 1}});
    }
    REQUIRE(eventually([&] { return stage.told_of(site) == "advisory.opened"; }));
    CHECK(stage.text("select regions::text from advisory where closed_at is null") == "{eu}");
    CHECK(stage.count("select count(*) from incident") == 0);
    CHECK(stage.state_of(monitor) == "up");
    stage.round(monitor, 3, Verdict::up);
    REQUIRE(eventually([&] { return stage.told_of(site) == "advisory.opened advisory.closed"; }));
    CHECK(stage.count("select count(*) from advisory where closed_at is null") == 0);
}

TEST_CASE("an advisory that comes and goes too often stays open, by whichever engine, and says since when and why") {
    Stage stage;
    const auto site = stage.site("API");
    const auto monitor = stage.monitor(site, "API");
    stage.run(R"(update monitor set policy = '{"flapping": {"changes": 3}}' where id = $1)", {monitor});
    auto engine = stage.engine();
    stage.round(monitor, 0, Verdict::up);
    const auto fails = [&](int n) {
        stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(n), .verdict = Verdict::down, .cause = FailureClass::reset},
                      {.region = "us", .monitor = monitor, .slot = stage.slot(n), .attempt = 1},
                      {.region = "ap", .monitor = monitor, .slot = stage.slot(n), .attempt = 1}});
        stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(n), .verdict = Verdict::down, .cause = FailureClass::reset, .attempt = 1}});
    };
    const auto told = [&](const std::string& what) { return eventually([&] { return stage.told_of(site) == what; }); };
    fails(1);
    fails(2);
    REQUIRE(told("advisory.opened"));
    stage.round(monitor, 3, Verdict::up);
    REQUIRE(told("advisory.opened advisory.closed"));
    fails(4);
    fails(5);
    REQUIRE(told("advisory.opened advisory.closed advisory.opened"));
    CHECK(stage.count("select count(*) from advisory where closed_at is null and flapping_since is not null") == 1);
    CHECK(stage.count("select count(*) from outbox where kind like 'advisory.%' and payload #>> '{advisory,flapping_since}' is not null") == 1);
    CHECK(stage.count("select count(*) from decision where kind = 'advisory' and reason = 'flapping_began'") == 1);
    engine->crash();
    engine = stage.engine();
    stage.round(monitor, 6, Verdict::up);
    fails(7);
    fails(8);
    stage.round(monitor, 9, Verdict::up);
    REQUIRE(eventually([&] { return stage.count("select count(*) from result where slot = $1", {stage.slot(9)}) == 3; }));
    CHECK(stage.told_of(site) == "advisory.opened advisory.closed advisory.opened");
    CHECK(stage.count("select count(*) from advisory where closed_at is null and flapping_since is not null") == 1);
}

TEST_CASE("where one region watches alone, it is asked to look twice more") {
    Stage stage;
    const auto site = stage.site("API");
    const auto monitor = stage.monitor(site, "API", {"eu"});
    const auto engine = stage.engine();
    for (int attempt = 0; attempt <= 2; ++attempt) {
        CHECK(stage.count("select count(*) from incident") == 0);
        stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(0), .verdict = Verdict::down, .cause = FailureClass::reset,
                       .attempt = attempt}});
        const auto wanted = static_cast<std::size_t>(std::min(attempt + 1, 2));
        REQUIRE(eventually([&] { return stage.asked("eu").size() == wanted; }));
    }
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
    CHECK(stage.told_of(site) == "incident.opened");
    CHECK(stage.asked("us").empty());
}

TEST_CASE("results that came before change nothing, nor do those nobody asked for") {
    Stage stage;
    const auto site = stage.site("API");
    const auto monitor = stage.monitor(site, "API", {"eu", "us"});
    const auto engine = stage.engine();
    const Report failing{.region = "eu", .monitor = monitor, .slot = stage.slot(0), .verdict = Verdict::down, .cause = FailureClass::reset,
                         .started_at = wall_now()};
    for (int i = 0; i < 5; ++i) stage.report({failing, failing});
    stage.report({{.region = "ap", .monitor = monitor, .slot = stage.slot(0), .verdict = Verdict::down, .cause = FailureClass::reset},
                  {.region = "eu", .monitor = MonitorId{12345}, .slot = stage.slot(0)},
                  {.region = "us", .monitor = monitor, .slot = wall_now() - std::chrono::hours{25}},
                  {.region = "us", .monitor = monitor, .slot = wall_now() + std::chrono::minutes{10}}});
    stage.report({{.region = "mars", .monitor = monitor, .slot = stage.slot(0)}});
    REQUIRE(eventually([&] { return metric(*engine, "sonde_engine_results_duplicate_total") == 9; }));
    REQUIRE(eventually([&] { return stage.messages_in(message::subject::results_stream) == 0; }));
    CHECK(stage.count("select count(*) from result") == 1);
    CHECK(stage.count("select sum(executed) from slot_ledger") == 1);
    CHECK(stage.count("select count(*) from decision where kind = 'confirming'") == 1);
    CHECK(stage.asked("us").size() == 1);
    CHECK(metric(*engine, "sonde_engine_results_refused_total{reason=\"region_not_asked\"}") == 1);
    CHECK(metric(*engine, "sonde_engine_results_refused_total{reason=\"unknown_monitor\"}") == 1);
    CHECK(metric(*engine, "sonde_engine_results_refused_total{reason=\"unknown_region\"}") == 1);
    CHECK(metric(*engine, "sonde_engine_results_refused_total{reason=\"slot_out_of_range\"}") == 2);
}

TEST_CASE("a message that cannot be understood, or that the database cannot keep, is put aside and stops nothing") {
    Stage stage;
    const auto site = stage.site("API");
    const auto monitor = stage.monitor(site, "API");
    const auto engine = stage.engine();
    REQUIRE(eventually([&] { return ready(*engine); }));
    const auto subject = message::subject::results(shard_of(site), "eu");
    stage.publish(subject, "{\"v\":1,\"results\":");
    stage.publish(subject, "");
    // JSON allows the zero character in a string; PostgreSQL's jsonb does not.
    stage.report({{.region = "us", .monitor = monitor, .slot = stage.slot(0), .verdict = Verdict::down, .cause = FailureClass::reset,
                   .detail = R"({"message":"\u0000"})"}});
    stage.round(monitor, 1, Verdict::up);
    REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
    REQUIRE(eventually([&] { return stage.messages_in(message::subject::parked_stream) == 3; }));
    CHECK(eventually([&] { return metric(*engine, "sonde_engine_parked_total") == 3; }));
    REQUIRE(eventually([&] { return stage.messages_in(message::subject::results_stream) == 0; }));
    CHECK(stage.count("select count(*) from result") == 3);
    CHECK(eventually([&] { return ready(*engine); }));
}

}  // namespace decision_test

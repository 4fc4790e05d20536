// Whatever is killed or taken away in the middle of an outage: the same incidents and events as without.
#include <doctest/doctest.h>

#include "lib/message/subject.h"
#include "tests/integration/engine/stage.h"

namespace survival_test {

using namespace sonde;
using namespace sonde::engine::test;
using check::FailureClass;
using check::Verdict;

namespace {

// The first half of an outage: one region failed, the others were asked and have not answered.
struct Outage {
    Stage stage;
    SiteId site = stage.site("API");
    MonitorId monitor = stage.monitor(site, "API");

    void begins() {
        stage.round(monitor, 0, Verdict::up);
        stage.report({{.region = "eu", .monitor = monitor, .slot = stage.slot(1), .verdict = Verdict::down, .cause = FailureClass::reset}});
        REQUIRE(eventually([&] { return stage.count("select count(*) from decision where kind = 'confirming'") == 1; }));
    }
    void is_confirmed() {
        const auto now = wall_now();  // the two did not begin in the same instant
        stage.report({{.region = "us", .monitor = monitor, .slot = stage.slot(1), .verdict = Verdict::down, .cause = FailureClass::reset,
                       .attempt = 1, .started_at = now - milliseconds{3}},
                      {.region = "ap", .monitor = monitor, .slot = stage.slot(1), .verdict = Verdict::down, .cause = FailureClass::reset,
                       .attempt = 1, .started_at = now}});
    }
    void ends() {
        REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
        for (int n = 2; n <= 3; ++n) stage.round(monitor, n, Verdict::up);
        REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));
        CHECK(stage.told_of(site) == "incident.opened incident.resolved");
        CHECK(stage.count("select count(*) from incident") == 1);
        CHECK(stage.count("select count(*) from result") == 3 + 1 + 2 + 6);
        CHECK(stage.count("select sum(executed) from slot_ledger") == 3 + 1 + 6);
        REQUIRE(eventually([&] { return stage.count("select count(*) from event_to_relay") == 0; }));
    }
};

}  // namespace

TEST_CASE("an engine that is killed in the middle of an outage is continued by the next one") {
    Outage outage;
    auto engine = outage.stage.engine();
    outage.begins();
    engine->crash();
    outage.is_confirmed();
    engine = outage.stage.engine();
    outage.ends();
}

TEST_CASE("an engine that is stopped hands its shards over at once") {
    Outage outage;
    outage.stage.config.lease = milliseconds{60'000};
    auto engine = outage.stage.engine();
    outage.begins();
    engine->stop();
    engine = outage.stage.engine();
    outage.is_confirmed();
    outage.ends();
}

TEST_CASE("PostgreSQL killed in the middle of an outage: results wait, and nothing is lost or told twice") {
    Outage outage;
    const auto engine = outage.stage.engine();
    outage.begins();
    outage.stage.postgres.kill_hard();
    for (const auto* region : {"us", "ap"}) {
        message::ResultBatch batch{region, "agent", shard_of(outage.site), wall_now(), {}};
        batch.results.push_back({.monitor = outage.monitor, .site = outage.site, .revision = 1, .slot = outage.stage.slot(1), .attempt = 1,
                                 .reason = message::JobReason::confirm, .started_at = wall_now(), .backfilled = false,
                                 .verdict = Verdict::down, .cause = FailureClass::reset, .phases = {}, .http_status = 0, .detail = "{}", .evidence = {}});
        outage.stage.publish(message::subject::results(batch.shard, region), message::write_result_batch(batch));
    }
    REQUIRE(eventually([&] { return !ready(*engine); }));
    outage.stage.postgres.restart();
    REQUIRE(eventually([&] { return ready(*engine); }));
    outage.ends();
}

TEST_CASE("the results stream deleted under way is made again, and work goes on") {
    Outage outage;
    const auto engine = outage.stage.engine();
    outage.begins();
    REQUIRE(outage.stage.bus().delete_stream(std::string(message::subject::results_stream)).ok());
    outage.is_confirmed();  // waits until somebody takes it
    outage.ends();
    CHECK(metric(*engine, "sonde_engine_streams_ensured_total") >= 1);
}

TEST_CASE("a results consumer deleted under way is made again, and delivers what it missed") {
    Outage outage;
    const auto engine = outage.stage.engine();
    outage.begins();
    REQUIRE(outage.stage.bus()
                .delete_consumer(std::string(message::subject::results_stream), message::subject::engine_consumer(shard_of(outage.site)))
                .ok());
    outage.is_confirmed();
    outage.ends();
    CHECK(metric(*engine, "sonde_engine_results_consumer_recreated_total") >= 1);
}

TEST_CASE("a results consumer that holds messages and delivers none is made anew") {
    Outage outage;
    auto& stage = outage.stage;
    // It waits for an acknowledgement that never comes, and gives nobody anything until then.
    const std::string stream(message::subject::results_stream);
    const int shard = shard_of(outage.site);
    bus::ConsumerSpec stuck{.stream = stream, .durable = message::subject::engine_consumer(shard),
                            .filter = message::subject::results_of_shard(shard), .ack_wait = std::chrono::minutes{10},
                            .max_deliver = -1, .max_ack_pending = 1};
    REQUIRE(stage.bus().delete_consumer(stream, stuck.durable).ok());
    REQUIRE(stage.bus().ensure_consumer(stuck).ok());
    std::atomic<int> taken{0};
    auto thief = stage.bus().pull(stream, stuck.durable, [&](const bus::Delivery&) { ++taken; });
    thief->want(1);
    stage.round(outage.monitor, 0, Verdict::up);
    REQUIRE(eventually([&] { return taken == 1; }));
    thief.reset();

    const auto engine = stage.engine();
    REQUIRE(eventually([&] { return stage.state_of(outage.monitor) == "up"; }));
    CHECK(metric(*engine, "sonde_engine_results_consumer_recreated_total") == 1);
    CHECK(stage.count("select count(*) from result") == 3);
}

TEST_CASE("the events stream deleted under way: events are relayed when it is there again") {
    Outage outage;
    const auto engine = outage.stage.engine();
    outage.begins();
    REQUIRE(eventually([&] { return ready(*engine); }));
    REQUIRE(outage.stage.bus().delete_stream(std::string(message::subject::events_stream)).ok());
    outage.is_confirmed();
    outage.ends();
}

TEST_CASE("events that somebody deleted, more than the relay takes at once, keep none that came after them from being told") {
    Outage outage;
    auto& stage = outage.stage;
    stage.run("insert into outbox (id, at, kind, payload) select n, now(), 'incident.opened', '{}' from generate_series(1, 1000) n");
    stage.run("delete from outbox where id <= 1000");
    CHECK(stage.count("select (select count(*) from event_to_relay) + (select count(*) from event_to_plan) + (select count(*) from event_planned)") == 0);
    const auto engine = stage.engine();
    outage.begins();
    outage.is_confirmed();
    outage.ends();
}

TEST_CASE("NATS killed in the middle of an outage, and its store lost: the same incident") {
    Outage outage;
    const auto engine = outage.stage.engine();
    outage.begins();
    outage.stage.nats.kill_hard();
    outage.stage.nats.delete_store();
    outage.stage.nats.restart();
    outage.is_confirmed();
    outage.ends();
}

TEST_CASE("two engines share the shards, and one takes over when the other is killed") {
    Stage stage;
    std::vector<std::pair<SiteId, MonitorId>> watched;
    for (int i = 0; i < 12; ++i) {
        const auto site = stage.site("site " + std::to_string(i));
        watched.emplace_back(site, stage.monitor(site, "API"));
    }
    const auto one = stage.engine();
    auto two = stage.engine();
    const auto owns = [](const engine::EngineApp& app) { return metric(app, "sonde_engine_owned_shards"); };
    REQUIRE(eventually([&] { return owns(*one) == 2 && owns(*two) == 2; }));
    for (const auto& [site, monitor] : watched) stage.round(monitor, 0, Verdict::up);
    for (const auto& [site, monitor] : watched) REQUIRE(eventually([&] { return stage.state_of(monitor) == "up"; }));

    two->crash();
    const auto killed = std::chrono::steady_clock::now();
    for (const auto& [site, monitor] : watched) stage.round(monitor, 1, Verdict::down, FailureClass::reset);
    REQUIRE(eventually([&] { return owns(*one) == 4; }));
    CHECK(std::chrono::steady_clock::now() - killed < std::chrono::seconds{20});
    for (const auto& [site, monitor] : watched) {
        REQUIRE(eventually([&] { return stage.state_of(monitor) == "down"; }));
        CHECK(stage.told_of(site) == "incident.opened");
    }
    CHECK(stage.count("select count(*) from incident") == 12);
}

}  // namespace survival_test

#include "probe-agent/work/reporter.h"

#include <doctest/doctest.h>

#include "lib/message/subject.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/fake_bus.h"
#include "tests/unit/agent/turn.h"

namespace reporter_test {

using namespace sonde;
using namespace sonde::agent;
using bus::PublishOutcome;
using test::turn;
using test::turn_until;

namespace {

SiteId site_of_shard(int shard) {
    for (std::int64_t value = 1;; ++value) {
        if (shard_of(SiteId{value}) == shard) return SiteId{value};
    }
}

struct Fixture {
    explicit Fixture(Reporter::Options options = defaults(), bool with_spool = true) {
        if (with_spool) spool = std::move(*Spool::open(directory.path(), 1 << 20));
        reporter.emplace(loop, bus, receipts, spool.get(), clock, std::move(options), metrics);
    }

    static Reporter::Options defaults() { return {"eu", "eu-1", milliseconds{5}, milliseconds{400}, 1 << 20}; }

    // One job's result; the job's message has the reply `reply`.
    void add(const std::string& reply, int shard = 1) {
        const auto receipt = receipts.open("JOBS", {"s", "", reply, ++sequence, 1}, 1);
        message::ProbeResult result;
        result.monitor = MonitorId{static_cast<std::int64_t>(sequence)};
        result.site = site_of_shard(shard);
        result.revision = 1;
        result.verdict = check::Verdict::up;
        result.slot = from_unix_ms(1'700'000'000'000);
        result.started_at = result.slot;
        reporter->add(*receipt, std::move(result));
    }

    // What the bus was given last, read back.
    message::ResultBatch sent() {
        REQUIRE(!bus.to_stream.empty());
        auto batch = message::read_result_batch(bus.to_stream.back().payload);
        REQUIRE(batch);
        return *batch;
    }

    bool wait_for_publication() {
        return turn_until(loop, [&] { return !bus.to_stream.empty(); });
    }

    test::TempDir directory;
    uv::Loop loop;
    test::FakeBus bus;
    metrics::Registry registry;
    Metrics metrics{registry};
    Clock clock;
    Receipts receipts{loop, bus};
    std::unique_ptr<Spool> spool;
    std::optional<Reporter> reporter;
    std::uint64_t sequence = 0;
};

}  // namespace

TEST_CASE("results of one shard travel together, and their messages are acknowledged when the stream has them") {
    Fixture f;
    for (const auto* reply : {"a", "b", "c"}) f.add(reply);
    CHECK(f.bus.to_stream.empty());
    CHECK(!f.reporter->idle());
    REQUIRE(f.wait_for_publication());
    REQUIRE(f.bus.to_stream.size() == 1);
    CHECK(f.bus.to_stream.front().subject == "sonde.v1.results.1.eu");
    const auto batch = f.sent();
    CHECK(batch.agent == "eu-1");
    CHECK(batch.results.size() == 3);
    CHECK(!batch.results.front().backfilled);
    CHECK(f.bus.acked.empty());
    f.bus.answer(PublishOutcome::accepted);
    turn(f.loop);
    CHECK(f.bus.acked == std::vector<std::string>{"a", "b", "c"});
    CHECK(f.reporter->idle());
    CHECK(f.metrics.results_accepted.value() == 3);
}

TEST_CASE("many results of a shard go at once, with what the others have") {
    auto options = Fixture::defaults();
    options.linger = milliseconds{600'000};
    Fixture f(options);
    f.add("other", 0);
    for (int i = 0; i < 149; ++i) f.add(std::to_string(i), 1);
    turn(f.loop);
    CHECK(f.bus.to_stream.empty());
    f.add("149", 1);
    f.add("150", 1);
    REQUIRE(f.wait_for_publication());
    REQUIRE(f.bus.to_stream.size() == 2);
    CHECK(f.bus.to_stream[0].subject == "sonde.v1.results.0.eu");
    CHECK(message::read_result_batch(f.bus.to_stream[1].payload)->results.size() == 151);
}

TEST_CASE("each shard has a message of its own") {
    Fixture f;
    f.add("a", 0);
    f.add("b", 3);
    f.reporter->flush();
    REQUIRE(f.bus.to_stream.size() == 2);
    CHECK(f.bus.to_stream[0].subject == "sonde.v1.results.0.eu");
    CHECK(f.bus.to_stream[1].subject == "sonde.v1.results.3.eu");
}

TEST_CASE("a message is never larger than the contract allows") {
    Fixture f;
    for (int i = 0; i < 501; ++i) f.add(std::to_string(i));
    REQUIRE(f.bus.to_stream.size() == 1);
    CHECK(f.sent().results.size() == 500);
}

TEST_CASE("what the stream did not take is sent again, and is not yet called a backfill") {
    Fixture f;
    f.add("a");
    REQUIRE(f.wait_for_publication());
    const auto first = f.bus.to_stream.front().payload;
    f.bus.answer(PublishOutcome::timed_out);
    REQUIRE(f.wait_for_publication());
    CHECK(f.bus.to_stream.front().payload == first);
    f.bus.answer(PublishOutcome::accepted);
    turn(f.loop);
    CHECK(f.bus.acked == std::vector<std::string>{"a"});
    CHECK(f.spool->empty());
}

TEST_CASE("what cannot be sent for long is spooled, acknowledged, and backfilled when the bus is back") {
    Fixture f;
    f.bus.connected = false;
    f.add("a");
    REQUIRE(f.wait_for_publication());
    f.bus.answer(PublishOutcome::timed_out);
    REQUIRE(turn_until(f.loop, [&] { return !f.spool->empty(); }));
    CHECK(f.bus.to_stream.empty());
    CHECK(f.bus.acked == std::vector<std::string>{"a"});
    CHECK(f.reporter->idle());
    CHECK(f.reporter->spooled_bytes() > 0);
    f.bus.connected = true;
    REQUIRE(f.wait_for_publication());
    CHECK(f.sent().results.front().backfilled);
    CHECK(f.sent().results.front().monitor == MonitorId{1});
    // Not taken out before it is accepted.
    f.bus.answer(PublishOutcome::no_stream);
    turn(f.loop);
    CHECK(!f.spool->empty());
    REQUIRE(f.wait_for_publication());
    f.bus.answer(PublishOutcome::accepted);
    turn(f.loop);
    CHECK(f.spool->empty());
    CHECK(f.metrics.results_backfilled.value() == 1);
}

TEST_CASE("a backfill goes one batch at a time and never holds up what is seen now") {
    Fixture f;
    for (int i = 0; i < 3; ++i) {
        message::ResultBatch batch{"eu", "eu-1", 1, from_unix_ms(1), {}};
        message::ProbeResult result;
        result.monitor = MonitorId{100 + i};
        result.site = site_of_shard(1);
        result.revision = 1;
        result.verdict = check::Verdict::up;
        batch.results.push_back(result);
        REQUIRE(f.spool->append(message::write_result_batch(batch), 1));
    }
    REQUIRE(f.wait_for_publication());
    CHECK(f.bus.to_stream.size() == 1);
    f.add("now");
    f.reporter->flush();
    CHECK(f.bus.to_stream.size() == 2);
    CHECK(!f.sent().results.front().backfilled);
    for (int i = 0; i < 4; ++i) {
        REQUIRE(f.wait_for_publication());
        f.bus.answer(PublishOutcome::accepted);
        turn(f.loop);
    }
    CHECK(f.spool->empty());
    CHECK(f.metrics.results_backfilled.value() == 3);
    CHECK(f.metrics.results_accepted.value() == 1);
}

TEST_CASE("beyond the bound on memory results are spooled at once") {
    auto options = Fixture::defaults();
    options.pending_bytes = 1000;
    Fixture f(options);
    for (int i = 0; i < 10; ++i) {
        f.add(std::to_string(i));
        f.reporter->flush();
    }
    CHECK(f.bus.to_stream.size() < 10);
    CHECK(f.spool->records() == static_cast<std::int64_t>(10 - f.bus.to_stream.size()));
}

TEST_CASE("without a spool what cannot be sent is dropped, counted, and its message given back") {
    Fixture f(Fixture::defaults(), false);
    f.bus.connected = false;
    f.add("a");
    REQUIRE(f.wait_for_publication());
    f.bus.answer(PublishOutcome::timed_out);
    REQUIRE(turn_until(f.loop, [&] { return !f.bus.given_back.empty(); }));
    CHECK(f.bus.acked.empty());
    CHECK(f.reporter->dropped() == 1);
    CHECK(f.metrics.results_dropped.value() == 1);
    CHECK(f.reporter->idle());
}

TEST_CASE("at the end everything that is not accepted is put by") {
    Fixture f;
    f.add("sent");
    f.reporter->flush();
    f.add("gathered");
    f.reporter->put_by();
    CHECK(f.spool->records() == 2);
    CHECK(f.bus.acked == std::vector<std::string>{"sent", "gathered"});
    CHECK(f.reporter->idle());
    // An answer that comes after all changes nothing.
    f.bus.answer(PublishOutcome::accepted);
    turn(f.loop);
    CHECK(f.spool->records() == 2);
}

TEST_CASE("a record of the spool that cannot be read does not hold up the others") {
    Fixture f;
    REQUIRE(f.spool->append("not a batch", 1));
    message::ResultBatch batch{"eu", "eu-1", 1, from_unix_ms(1), {}};
    message::ProbeResult result;
    result.monitor = MonitorId{100};
    result.site = site_of_shard(1);
    result.revision = 1;
    batch.results.push_back(result);
    REQUIRE(f.spool->append(message::write_result_batch(batch), 1));
    REQUIRE(f.wait_for_publication());
    CHECK(f.sent().results.front().monitor == MonitorId{100});
}

}  // namespace reporter_test

#include "probe-agent/work/intake.h"

#include <doctest/doctest.h>

#include "tests/unit/agent/fake_bus.h"
#include "tests/unit/agent/turn.h"

namespace intake_test {

using namespace sonde;
using namespace sonde::agent;
using test::turn;

namespace {

// Checks that never end.
class HungProbe final : public Probe {
public:
    std::unique_ptr<Attempt> start(std::shared_ptr<const Target>, milliseconds, Done) override {
        ++started;
        return std::make_unique<Attempt>();
    }
    int started = 0;
};

struct NoSink final : Runner::Sink {
    void ran(ReceiptId, RunId, TimePoint, std::string) override {}
    void result(ReceiptId, message::ProbeResult) override {}
    void expired(ReceiptId) override {}
};

struct Fixture {
    explicit Fixture(Limits bounds = {20, 20}) : limits(bounds) { intake.start(); }

    std::string batch(int jobs, const std::string& region = "eu") {
        message::JobBatchWriter writer(region);
        const auto now = wall_now();
        for (int i = 0; i < jobs; ++i) {
            const message::JobTemplate job(MonitorId{i + 1}, SiteId{1}, 1, milliseconds{1000}, check::Kind::http,
                                           R"({"url":"http://a/"})");
            writer.add(job, now, 0, message::JobReason::schedule, now, now + seconds{30});
        }
        return writer.take();
    }

    void deliver(const std::string& stream, const std::string& payload, const std::string& reply) {
        bus.pullers.at(stream)->on_message({"sonde.v1.jobs.eu", payload, reply, ++sequence, 1});
        turn(loop);
    }

    int wanted(const std::string& stream) { return bus.pullers.at(stream)->wanted; }

    Limits limits;
    uv::Loop loop;
    test::FakeBus bus;
    metrics::Registry registry;
    Metrics metrics{registry};
    Clock clock;
    TargetCache targets{100};
    HungProbe probe;
    NoSink sink;
    Receipts receipts{loop, bus};
    Runner runner{loop, probe, clock, targets, limits, sink, metrics};
    Intake intake{loop, bus, receipts, runner, {"eu", 8}, metrics};
    std::uint64_t sequence = 0;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an agent that does not know how large messages are asks for few, and for more when they are small") {
    CHECK(wanted("SONDE_JOBS_eu") == 1);
    CHECK(wanted("SONDE_URGENT_eu") == 1);
    // Expired ones take no room, but tell how many come in a message.
    const auto past = wall_now() - seconds{60};
    for (int i = 0; i < 60; ++i) {
        message::JobBatchWriter writer("eu");
        writer.add({MonitorId{1}, SiteId{1}, 1, milliseconds{1000}, check::Kind::http, R"({"url":"http://a/"})"}, past, 0,
                   message::JobReason::schedule, past, past);
        deliver("SONDE_JOBS_eu", writer.take(), "small");
    }
    CHECK(wanted("SONDE_JOBS_eu") == 8);
}

TEST_CASE_FIXTURE(Fixture, "an agent asks for no more than it has room for, but keeps asking for urgent ones") {
    deliver("SONDE_JOBS_eu", batch(10), "a");
    CHECK(probe.started == 10);
    deliver("SONDE_JOBS_eu", batch(7), "b");
    CHECK(runner.in_flight() == 17);
    CHECK(wanted("SONDE_JOBS_eu") == 1);
    deliver("SONDE_JOBS_eu", batch(10), "c");
    CHECK(runner.in_flight() == 20);
    CHECK(runner.queued() == 7);
    CHECK(wanted("SONDE_JOBS_eu") == 0);
    CHECK(wanted("SONDE_URGENT_eu") == 0);
}

TEST_CASE("what the bound on its site holds back takes no room of the others, up to an end") {
    Fixture f({20, 20, 10});
    f.deliver("SONDE_JOBS_eu", f.batch(30), "a");
    CHECK(f.runner.in_flight() == 10);
    CHECK(f.runner.held() == 20);
    CHECK(f.wanted("SONDE_JOBS_eu") == 1);
    f.deliver("SONDE_JOBS_eu", f.batch(59), "b");
    CHECK(f.runner.held() == 79);
    CHECK(f.wanted("SONDE_JOBS_eu") == 1);
    f.deliver("SONDE_JOBS_eu", f.batch(1), "c");
    CHECK(f.wanted("SONDE_JOBS_eu") == 0);
    CHECK(f.wanted("SONDE_URGENT_eu") == 1);
}

TEST_CASE_FIXTURE(Fixture, "a malformed message is counted, parked and ended, and stops nothing") {
    deliver("SONDE_JOBS_eu", "{\"v\":1", "bad");
    CHECK(metrics.malformed.value() == 1);
    REQUIRE(bus.plain.size() == 1);
    CHECK(bus.plain.front().subject == "sonde.v1.parked.agent");
    CHECK(bus.plain.front().payload == "{\"v\":1");
    CHECK(bus.terminated == std::vector<std::string>{"bad"});
    deliver("SONDE_JOBS_eu", batch(1, "us"), "foreign");
    CHECK(bus.terminated.back() == "foreign");
    deliver("SONDE_JOBS_eu", batch(2), "good");
    CHECK(probe.started == 2);
}

TEST_CASE_FIXTURE(Fixture, "a malformed message that cannot be parked is not ended") {
    bus.connected = false;
    deliver("SONDE_JOBS_eu", "nonsense", "bad");
    CHECK(bus.terminated.empty());
}

TEST_CASE_FIXTURE(Fixture, "a message delivered again while it is worked on is not run twice") {
    deliver("SONDE_JOBS_eu", batch(3), "first");
    bus.pullers.at("SONDE_JOBS_eu")->on_message({"s", batch(3), "second", sequence, 2});
    turn(loop);
    CHECK(probe.started == 3);
    CHECK(receipts.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a draining agent asks for nothing and gives back what still comes") {
    intake.drain();
    CHECK(wanted("SONDE_JOBS_eu") == 0);
    deliver("SONDE_JOBS_eu", batch(3), "late");
    CHECK(probe.started == 0);
    CHECK(bus.given_back == std::vector<std::string>{"late"});
}

}  // namespace intake_test

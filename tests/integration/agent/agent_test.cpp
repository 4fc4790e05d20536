#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <mutex>

#include "lib/base/shard.h"
#include "lib/bus/topology.h"
#include "lib/log/log.h"
#include "lib/message/presence.h"
#include "lib/message/result.h"
#include "lib/message/subject.h"
#include "probe-agent/app.h"
#include "tests/integration/agent/raw_server.h"
#include "tests/integration/http/raw_client.h"
#include "tests/support/servers.h"
#include "tests/support/temp_dir.h"

namespace agent_test {

using namespace sonde;
using namespace sonde::test;
namespace subject = message::subject;

namespace {

const auto* const kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// The rest of the world: publishes jobs, answers presence, keeps results.
class World {
public:
    explicit World(NatsServer& nats) {
        bus::Options options;
        options.urls = {nats.url()};
        options.client_name = "test";
        bus = bus::Bus::connect(options, registry);
        ensure();
        presence_ = bus->subscribe(subject::presence("eu"), [this](bus::Delivery delivery) {
            const auto presence = message::read_presence(delivery.payload);
            const std::scoped_lock lock(mutex);
            if (presence) presences.push_back(*presence);
            // A control plane whose clock is an hour behind.
            static_cast<void>(bus->publish(delivery.reply, message::write_presence_answer({wall_now() - clock_behind})));
        });
        for (int shard = 0; shard < kShards; ++shard) {
            pullers_.push_back(
                bus->pull(std::string(subject::results_stream), subject::engine_consumer(shard), [this](bus::Delivery delivery) {
                    auto batch = message::read_result_batch(delivery.payload);
                    bus->ack(delivery);
                    const std::scoped_lock lock(mutex);
                    if (!batch) {
                        ++unreadable;
                        return;
                    }
                    for (auto& result : batch->results) results.push_back(std::move(result));
                }));
            pullers_.back()->want(100'000);
        }
    }

    void ensure() {
        for (const auto& place : {bus::topology::jobs("eu", 1), bus::topology::urgent("eu", 1), bus::topology::results(1),
                                  bus::topology::parked(1)}) {
            REQUIRE(eventually([&] { return bus::topology::ensure(*bus, place).ok(); }));
        }
    }

    void publish(const std::string& to, const std::string& payload) {
        std::atomic<bool> accepted{false};
        REQUIRE(eventually(
            [&] {
                auto answered = std::make_shared<std::atomic<int>>(0);
                bus->publish_to_stream(
                    to, payload,
                    [answered](bus::PublishOutcome outcome) { *answered = outcome == bus::PublishOutcome::accepted ? 1 : 2; },
                    milliseconds{1000});
                eventually([&] { return answered->load() != 0; }, 3000);
                accepted = answered->load() == 1;
                return accepted.load();
            }));
    }

    // A batch of jobs for one URL, monitors numbered from `first`.
    void jobs(const std::string& to, const std::string& url, int count, std::int64_t first = 1,
              milliseconds delay = milliseconds{0}) {
        message::JobBatchWriter writer("eu");
        const auto slot = wall_now() - clock_behind;
        for (int i = 0; i < count; ++i) {
            const message::JobTemplate job(MonitorId{first + i}, SiteId{first + i}, 1, milliseconds{4000}, check::Kind::http,
                                           R"({"url":")" + url + "\"}");
            writer.add(job, slot, 0, message::JobReason::schedule, slot + delay, slot + seconds{60});
        }
        publish(to, writer.take());
    }

    // The number of different monitors there are results of.
    std::size_t monitors() {
        const std::scoped_lock lock(mutex);
        std::map<std::int64_t, int> seen;
        for (const auto& result : results) ++seen[result.monitor.value()];
        return seen.size();
    }

    bool drained(const std::string& stream) {
        const auto state = bus->consumer_state(stream, std::string(subject::agents_consumer));
        return state && *state && (*state)->pending == 0 && (*state)->ack_pending == 0;
    }

    // Where messages are, for a test that misses some.
    std::string whereabouts() {
        std::string text;
        const auto look = [&](const std::string& stream, const std::string& consumer) {
            const auto state = bus->consumer_state(stream, consumer);
            text += stream + "/" + consumer + ": ";
            if (!state) text += state.error().message + "\n";
            else if (!*state) text += "not there\n";
            else text += fmt::format("pending {}, unacknowledged {}, delivered {}, asked for {}\n", (*state)->pending, (*state)->ack_pending, (*state)->delivered_sequence, (*state)->waiting);
        };
        look("SONDE_JOBS_eu", std::string(subject::agents_consumer));
        for (int shard = 0; shard < kShards; ++shard) look(std::string(subject::results_stream), subject::engine_consumer(shard));
        return text;
    }

    metrics::Registry registry;
    std::unique_ptr<bus::Bus> bus;
    std::mutex mutex;
    std::vector<message::ProbeResult> results;
    std::vector<message::Presence> presences;
    int unreadable = 0;
    milliseconds clock_behind{0};

private:
    std::unique_ptr<bus::Subscription> presence_;
    std::vector<std::unique_ptr<bus::Puller>> pullers_;
};

struct Agent {
    explicit Agent(NatsServer& nats, const std::string& name = "eu-1",
                   std::function<void(agent::AgentConfig&)> change = nullptr) {
        config.bus.urls = {nats.url()};
        config.region = "eu";
        config.name = name;
        config.guard_allow = {"127.0.0.0/8"};
        config.spool_directory = spool.path();
        config.presence_interval = milliseconds{500};
        config.retry_for = milliseconds{500};
        if (change) change(config);
        app = std::make_unique<agent::AgentApp>(config);
        app->start();
    }
    TempDir spool;
    agent::AgentConfig config;
    std::unique_ptr<agent::AgentApp> app;
};

}  // namespace

TEST_CASE("jobs become results, and their messages are acknowledged") {
    NatsServer nats;
    World world(nats);
    RawServer target(answering(kOk));
    Agent agent(nats);
    world.jobs(subject::jobs("eu"), target.url(), 100);
    world.jobs(subject::urgent("eu"), target.url(), 3, 1001);
    REQUIRE(eventually([&] { return world.monitors() == 103; }));
    CHECK(target.connections() == 103);
    const std::scoped_lock lock(world.mutex);
    CHECK(world.results.size() == 103);
    CHECK(world.unreadable == 0);
    for (const auto& result : world.results) {
        CHECK(result.verdict == check::Verdict::up);
        CHECK(result.http_status == 200);
        CHECK(!result.backfilled);
        CHECK(result.phases.total > microseconds{0});
        CHECK(std::chrono::abs(result.started_at - wall_now()) < seconds{10});
    }
    CHECK(eventually([&] { return world.drained("SONDE_JOBS_eu") && world.drained("SONDE_URGENT_eu"); }));
}

TEST_CASE("the agent says how it is, and goes by the control plane's clock") {
    NatsServer nats;
    World world(nats);
    world.clock_behind = seconds{3600};
    RawServer target(answering(kOk));
    Agent agent(nats);
    REQUIRE(eventually([&] {
        const std::scoped_lock lock(world.mutex);
        return !world.presences.empty() && world.presences.back().clock_offset != milliseconds{0};
    }));
    {
        const std::scoped_lock lock(world.mutex);
        const auto& presence = world.presences.back();
        CHECK(presence.agent == "eu-1");
        CHECK(presence.region == "eu");
        CHECK(presence.capacity > 0);
        CHECK(!presence.draining);
        CHECK(std::chrono::abs(presence.clock_offset - seconds{3600}) < milliseconds{500});
    }
    // By the wall clock of this machine the job is an hour too old.
    world.jobs(subject::jobs("eu"), target.url(), 1);
    REQUIRE(eventually([&] { return world.monitors() == 1; }));
    const std::scoped_lock lock(world.mutex);
    CHECK(std::chrono::abs(world.results.front().started_at - (wall_now() - seconds{3600})) < seconds{10});
}

TEST_CASE("a malformed message is parked and ended, and stops nothing") {
    NatsServer nats;
    World world(nats);
    RawServer target(answering(kOk));
    Agent agent(nats);
    for (const auto* text : {"", "{", "null", R"({"v":2,"region":"eu","jobs":[]})", R"({"v":1,"region":"us","jobs":[{}]})"})
        world.publish(subject::jobs("eu"), text);
    world.jobs(subject::jobs("eu"), target.url(), 2);
    REQUIRE(eventually([&] { return world.monitors() == 2; }));
    CHECK(eventually([&] { return world.drained("SONDE_JOBS_eu"); }));
    CHECK(eventually([&] {
        const auto state = world.bus->stream_state(std::string(subject::parked_stream));
        return state && *state && (*state)->messages == 5;
    }));
}

TEST_CASE("while the bus is killed and away results are spooled, and arrive afterwards, marked") {
    NatsServer nats;
    World world(nats);
    std::atomic<bool> go{false};
    RawServer target([&go](int fd) {
        read_request(fd);
        eventually([&] { return go.load(); }, 20'000);
        send_all(fd, kOk);
    });
    Agent agent(nats);
    world.jobs(subject::jobs("eu"), target.url(), 20);
    REQUIRE(eventually([&] { return target.connections() == 20; }));
    nats.kill_hard();
    go = true;
    const auto spooled = [&] {
        for (const auto& entry : std::filesystem::directory_iterator(agent.spool.path())) {
            if (entry.path().extension() == ".spool") return true;
        }
        return false;
    };
    REQUIRE(eventually(spooled));
    nats.restart();
    REQUIRE(eventually([&] { return world.monitors() == 20; }));
    CHECK(eventually([&] { return !spooled(); }));
    const std::scoped_lock lock(world.mutex);
    int backfilled = 0;
    for (const auto& result : world.results) backfilled += result.backfilled ? 1 : 0;
    CHECK(backfilled >= 20);
}

TEST_CASE("an agent goes on after the streams were lost and made anew") {
    NatsServer nats;
    World world(nats);
    RawServer target(answering(kOk));
    Agent agent(nats);
    world.jobs(subject::jobs("eu"), target.url(), 5);
    REQUIRE(eventually([&] { return world.monitors() == 5; }));
    nats.kill_hard();
    nats.delete_store();
    nats.restart();
    world.ensure();
    world.jobs(subject::jobs("eu"), target.url(), 5, 101);
    CHECK_MESSAGE(eventually([&] { return world.monitors() == 10; }), world.whereabouts());
}

TEST_CASE("a stopping agent ends what is under way, gives the rest back, and says goodbye") {
    NatsServer nats;
    World world(nats);
    std::atomic<bool> go{false};
    RawServer slow([&go](int fd) {
        read_request(fd);
        eventually([&] { return go.load(); }, 20'000);
        send_all(fd, kOk);
    });
    RawServer quick(answering(kOk));
    Agent agent(nats);
    world.jobs(subject::jobs("eu"), slow.url(), 10);
    REQUIRE(eventually([&] { return slow.connections() == 10; }));
    // Due in half a minute: not for this agent any more.
    world.jobs(subject::urgent("eu"), quick.url(), 1, 500, seconds{30});
    std::thread stopping([&] { agent.app->stop(); });
    const auto is_draining = [&] {
        const std::scoped_lock lock(world.mutex);
        return !world.presences.empty() && world.presences.back().draining;
    };
    CHECK(eventually(is_draining));
    world.jobs(subject::jobs("eu"), quick.url(), 1, 600);
    go = true;
    stopping.join();
    CHECK(eventually([&] { return world.monitors() == 10; }));
    CHECK(quick.connections() == 0);
    CHECK(eventually([&] {
        const auto state = world.bus->consumer_state("SONDE_JOBS_eu", std::string(subject::agents_consumer));
        return state && *state && (*state)->pending + (*state)->ack_pending >= 1;
    }));
    // Another agent of the region takes over what was left.
    Agent other(nats, "eu-2");
    CHECK(eventually([&] { return world.monitors() == 11; }));
    const std::scoped_lock lock(world.mutex);
    for (const auto& result : world.results) CHECK(result.verdict == check::Verdict::up);
}

TEST_CASE("a drain that takes too long is cut short, and the jobs go to another agent") {
    NatsServer nats;
    World world(nats);
    std::atomic<bool> go{false};
    RawServer stuck([&go](int fd) {
        read_request(fd);
        eventually([&] { return go.load(); }, 60'000);
        send_all(fd, kOk);
    });
    Agent agent(nats, "eu-1", [](agent::AgentConfig& config) { config.drain = milliseconds{200}; });
    world.jobs(subject::jobs("eu"), stuck.url(), 4);
    REQUIRE(eventually([&] { return stuck.connections() == 4; }));
    const auto begin = std::chrono::steady_clock::now();
    agent.app->stop();
    CHECK(std::chrono::steady_clock::now() - begin < seconds{20});
    go = true;
    Agent other(nats, "eu-2");
    CHECK(eventually([&] { return world.monitors() == 4; }));
}

TEST_CASE("the guard follows the configuration at a reload") {
    NatsServer nats;
    World world(nats);
    RawServer target(answering(kOk));
    Agent agent(nats);
    world.jobs(subject::jobs("eu"), target.url(), 1, 1);
    REQUIRE(eventually([&] { return world.monitors() == 1; }));
    agent.config.guard_deny = {"127.0.0.0/8"};
    agent.app->reload();
    world.jobs(subject::jobs("eu"), target.url(), 1, 2);
    REQUIRE(eventually([&] { return world.monitors() == 2; }));
    const std::scoped_lock lock(world.mutex);
    CHECK(world.results.back().cause == check::FailureClass::blocked_address);
}

TEST_CASE("an agent with a module file answers /probe beside its jobs, and reads the file again at a reload") {
    NatsServer nats;
    World world(nats);
    RawServer target(answering(kOk));
    const TempDir directory;
    const auto modules = directory.path() + "/modules.yaml";
    std::ofstream(modules) << "modules:\n  http_2xx: {prober: http}\n";
    Agent agent(nats, "eu-1", [&](agent::AgentConfig& config) { config.probe_modules_file = modules; });
    world.jobs(subject::jobs("eu"), target.url(), 3);
    const auto probe = [&](const std::string& module) { return get(agent.app->port(), "/probe?module=" + module + "&target=" + target.url()); };
    const auto answer = probe("http_2xx");
    CHECK(answer.status == 200);
    CHECK(answer.body.find("\nprobe_success 1\n") != std::string::npos);
    CHECK(probe("other").status == 400);
    std::ofstream(modules) << "modules:\n  other: {prober: http}\n";
    agent.app->reload();
    CHECK(probe("other").status == 200);
    CHECK(eventually([&] { return world.monitors() == 3; }));
    CHECK(get(agent.app->port(), "/metrics").body.find("sonde_agent_probe_requests_total{outcome=\"up\"} 2") != std::string::npos);
    agent.app->stop();

    Agent plain(nats);
    CHECK(get(plain.app->port(), "/probe?target=a.test").status == 404);
    std::ofstream(modules) << "modules:\n  other: {prober: none}\n";
    CHECK_THROWS_WITH_AS(Agent(nats, "eu-2", [&](agent::AgentConfig& config) { config.probe_modules_file = modules; }),
                         doctest::Contains("modules.yaml:2: \"modules.other.prober\" must be one of"), std::runtime_error);
}

TEST_CASE("two agents cannot share a spool, and the second says so") {
    NatsServer nats;
    World world(nats);
    Agent agent(nats);
    agent::AgentConfig config = agent.config;
    agent::AgentApp second(config);
    CHECK_THROWS_WITH_AS(second.start(), doctest::Contains("is used by another agent"), std::runtime_error);
    second.stop();
}

TEST_CASE("an agent that starts before its bus begins to work when the bus is there") {
    NatsServer nats;
    { const World world(nats); }
    nats.kill_hard();
    Agent agent(nats);
    nats.restart();
    World world(nats);
    RawServer target(answering(kOk));
    world.jobs(subject::jobs("eu"), target.url(), 3);
    CHECK(eventually([&] { return world.monitors() == 3; }));
}

}  // namespace agent_test

#include <doctest/doctest.h>

#include <stdexcept>

#include "tests/integration/bus/fixture.h"

namespace outage_test {

using namespace sonde;
using namespace sonde::bus;
using namespace sonde::test;

TEST_CASE("a bus connects to a server that comes later") {
    NatsServer server;
    server.kill_hard();
    TestBus bus(bus_options(server));
    Inbox inbox;
    const auto subscription = bus->subscribe("early.bird", std::ref(inbox));
    CHECK_FALSE(bus->health().connected);
    CHECK_FALSE(bus->publish("early.bird", "x"));
    CHECK_FALSE(bus->flush(milliseconds{50}));
    CHECK_FALSE(bus->stream_state("any"));
    const auto start = std::chrono::steady_clock::now();
    CHECK(publish(bus, "early.bird", "x") == PublishOutcome::timed_out);
    CHECK(std::chrono::steady_clock::now() - start < seconds{20});
    server.restart();
    REQUIRE(bus.connected());
    REQUIRE(bus->publish("early.bird", "now"));
    CHECK(inbox.has(1));
    CHECK(bus->health().reconnects == 0);
    CHECK(eventually([&] { return bus->health().server_version.starts_with("2."); }));
}

TEST_CASE("after the server was killed and restarted, everything goes on") {
    NatsServer server;
    TestBus bus(server);
    ensure(bus, stream("outlives"), consumer("outlives", milliseconds{1000}));
    Inbox pulled, heard;
    const auto puller = bus->pull("outlives", "worker", std::ref(pulled));
    const auto subscription = bus->subscribe("plain.>", std::ref(heard));
    puller->want(1000);
    REQUIRE(publish(bus, "outlives.a", "before") == PublishOutcome::accepted);
    REQUIRE(pulled.has(1));

    server.kill_hard();
    CHECK(eventually([&] { return !bus->health().connected; }));
    CHECK(eventually([&] { return !puller->asking(); }));
    CHECK(bus.metrics.expose().find("sonde_bus_connected 0") != std::string::npos);
    server.restart();
    REQUIRE(bus.connected());
    CHECK(bus->health().reconnects == 1);
    CHECK(bus.metrics.expose().find("sonde_bus_reconnects_total 1") != std::string::npos);
    REQUIRE(publish_until_accepted(bus, "outlives.a", "after"));
    REQUIRE(bus->publish("plain.x", "hello"));
    CHECK(heard.has(1));
    CHECK(eventually([&] { return pulled.payloads() == std::set<std::string>{"before", "after"}; }));
    // What was not acknowledged before the crash comes again.
    CHECK(eventually([&] {
        for (const auto& delivery : pulled.all()) {
            if (delivery.payload == "before" && delivery.times_delivered > 1) return true;
        }
        return false;
    }));
}

TEST_CASE("what was under way when the server died is told at once, not after its deadline") {
    NatsServer server;
    TestBus bus(server);
    REQUIRE(bus->ensure_stream(stream("cut")));
    server.freeze();
    std::atomic<int> timed_out{0};
    for (int i = 0; i < 10; ++i) {
        bus->publish_to_stream("cut.a", "x", [&](PublishOutcome outcome) {
            if (outcome == PublishOutcome::timed_out) ++timed_out;
        }, milliseconds{60'000});
    }
    CHECK(bus->unanswered() == 10);
    server.kill_hard();
    CHECK(eventually([&] { return timed_out == 10; }));
}

TEST_CASE("a server that comes back without its data is filled anew") {
    NatsServer server;
    TestBus bus(server);
    ensure(bus, stream("lost"), consumer("lost"));
    Inbox inbox;
    const auto puller = bus->pull("lost", "worker", std::ref(inbox));
    puller->want(10);
    REQUIRE(publish(bus, "lost.a", "before") == PublishOutcome::accepted);
    REQUIRE(inbox.has(1));
    server.kill_hard();
    server.delete_store();
    server.restart();
    REQUIRE(bus.connected());
    CHECK(eventually([&] { return puller->missing_answers() > 0; }));
    CHECK(publish(bus, "lost.a", "x") == PublishOutcome::no_stream);
    REQUIRE(eventually([&] { return static_cast<bool>(bus->ensure_stream(stream("lost"))); }));
    REQUIRE(bus->ensure_consumer(consumer("lost")));
    REQUIRE(publish(bus, "lost.a", "after") == PublishOutcome::accepted);
    CHECK(eventually([&] { return inbox.payloads().contains("after"); }));
}

TEST_CASE("a frozen server is noticed by its silence") {
    NatsServer server;
    auto options = bus_options(server);
    options.ping_interval = milliseconds{200};
    TestBus bus(options);
    REQUIRE(bus.connected());
    server.freeze();
    CHECK(eventually([&] { return !bus->health().connected; }));
    server.thaw();
    CHECK(bus.connected());
}

TEST_CASE("who is refused goes on trying, says so, and can be stopped") {
    NatsServer server("authorization { user: sonde, password: right }");
    auto options = bus_options(server);
    options.user = "sonde";
    options.password = Secret{"wrong"};
    {
        TestBus bus(options);
        CHECK(eventually([&] { return bus.metrics.expose().find("sonde_bus_errors_total{kind=\"connect\"} 2") != std::string::npos; }));
        CHECK_FALSE(bus->health().connected);
    }
    options.password = Secret{"right"};
    TestBus bus(options);
    CHECK(bus.connected());
}

TEST_CASE("what is not permitted is counted") {
    NatsServer server("authorization { users: [ {user: agent, password: x, permissions: { publish: [\"mine.>\"], "
                      "subscribe: [\"_INBOX_agent.>\"] } } ] }");
    auto options = bus_options(server);
    options.user = "agent";
    options.password = Secret{"x"};
    options.inbox_prefix = "_INBOX_agent";
    TestBus bus(options);
    REQUIRE(bus.connected());
    REQUIRE(bus->publish("yours.a", "x"));
    CHECK(eventually([&] { return bus.metrics.expose().find("sonde_bus_errors_total{kind=\"permission\"} 1") != std::string::npos; }));
    // And what is permitted works: the answer comes to the inbox under the prefix.
    CHECK(publish(bus, "mine.a", "x") == PublishOutcome::no_stream);
}

TEST_CASE("options that can never work are refused") {
    metrics::Registry metrics;
    Options options;
    CHECK_THROWS_AS(Bus::connect(options, metrics), std::runtime_error);
    options.urls = {"nats://127.0.0.1:1"};
    options.ca_file = "/does/not/exist";
    CHECK_THROWS_AS(Bus::connect(options, metrics), std::runtime_error);
}

}  // namespace outage_test

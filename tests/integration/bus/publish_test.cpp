#include <doctest/doctest.h>

#include "tests/integration/bus/fixture.h"

namespace publish_test {

using namespace sonde;
using namespace sonde::bus;
using namespace sonde::test;

TEST_CASE("a message for a stream is accepted, and is in it") {
    TestBus bus;
    REQUIRE(bus->ensure_stream(stream("accepts")));
    CHECK(publish(bus, "accepts.a", "hello") == PublishOutcome::accepted);
    const auto state = bus->stream_state("accepts");
    REQUIRE(state);
    REQUIRE(state->has_value());
    CHECK((*state)->messages == 1);
    CHECK(bus->unanswered() == 0);
    CHECK(bus.metrics.expose().find("sonde_bus_published_total{outcome=\"accepted\"} 1") != std::string::npos);
}

TEST_CASE("a subject of no stream is told at once") {
    TestBus bus;
    const auto start = std::chrono::steady_clock::now();
    CHECK(publish(bus, "nobody.listens", "hello") == PublishOutcome::no_stream);
    CHECK(std::chrono::steady_clock::now() - start < seconds{20});
}

TEST_CASE("what a stream will not take is refused") {
    TestBus bus;
    auto small = stream("refuses");
    small.max_message_bytes = 100;
    REQUIRE(bus->ensure_stream(small));
    CHECK(publish(bus, "refuses.a", std::string(101, 'x')) == PublishOutcome::refused);
    CHECK(publish(bus, "refuses.a", std::string(2 << 20, 'x')) == PublishOutcome::refused);  // more than the server takes of anybody
    CHECK(publish(bus, "refuses.a", std::string(100, 'x')) == PublishOutcome::accepted);
}

TEST_CASE("many messages are under way at once, each is answered once, and beyond the bound they fail at once") {
    TestBus bus;
    REQUIRE(bus->ensure_stream(stream("many")));
    constexpr int count = 100'000;
    std::atomic<int> accepted{0}, failed{0};
    for (int i = 0; i < count; ++i) {
        while (bus->unanswered() >= Bus::max_unanswered() / 2) std::this_thread::yield();
        bus->publish_to_stream("many.a", "0123456789", [&](PublishOutcome outcome) {
            ++(outcome == PublishOutcome::accepted ? accepted : failed);
        });
    }
    REQUIRE(eventually([&] { return accepted + failed == count; }));
    CHECK(accepted == count);
    CHECK((*bus->stream_state("many"))->messages == count);
    CHECK(bus->unanswered() == 0);
}

TEST_CASE("more than may be unanswered are not taken") {
    test::NatsServer server;
    TestBus bus(server);
    REQUIRE(bus->ensure_stream(stream("bounded")));
    server.freeze();
    std::atomic<int> failed{0};
    const auto extra = 10;
    for (std::size_t i = 0; i < Bus::max_unanswered() + extra; ++i) {
        bus->publish_to_stream("bounded.a", "x", [&](PublishOutcome outcome) {
            if (outcome == PublishOutcome::timed_out) ++failed;
        }, milliseconds{60'000});
    }
    CHECK(failed == extra);
    CHECK(bus->unanswered() == Bus::max_unanswered());
    server.thaw();
    CHECK(eventually([&] { return bus->unanswered() == 0; }));
    CHECK(failed == extra);
}

TEST_CASE("nothing blocks while the server does not read, and what it does not answer is timed out") {
    test::NatsServer server;
    TestBus bus(server);
    REQUIRE(bus->ensure_stream(stream("frozen")));
    server.freeze();
    std::atomic<int> timed_out{0};
    const auto start = std::chrono::steady_clock::now();
    const std::string payload(100'000, 'x');
    for (int i = 0; i < 200; ++i) {  // 20 MB: more than any socket buffer
        bus->publish_to_stream("frozen.a", payload, [&](PublishOutcome outcome) {
            if (outcome == PublishOutcome::timed_out) ++timed_out;
        }, milliseconds{300});
    }
    CHECK(std::chrono::steady_clock::now() - start < seconds{20});
    CHECK(eventually([&] { return timed_out == 200; }));
    server.thaw();
    CHECK(publish_until_accepted(bus, "frozen.a", "again"));
}

TEST_CASE("what is open when the bus is destroyed is timed out") {
    test::NatsServer server;
    std::atomic<int> timed_out{0};
    {
        TestBus bus(server);
        REQUIRE(bus->ensure_stream(stream("ends")));
        server.freeze();
        bus->publish_to_stream("ends.a", "x", [&](PublishOutcome outcome) {
            if (outcome == PublishOutcome::timed_out) ++timed_out;
        }, milliseconds{60'000});
        bus->request("ends.r", "x", milliseconds{60'000}, [&](const std::optional<Delivery>& reply) {
            if (!reply) ++timed_out;
        });
    }
    CHECK(timed_out == 2);
    server.thaw();
}

}  // namespace publish_test

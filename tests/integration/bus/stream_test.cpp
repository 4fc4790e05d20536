#include <doctest/doctest.h>

#include "lib/bus/topology.h"
#include "tests/integration/bus/fixture.h"

namespace stream_test {

using namespace sonde;
using namespace sonde::bus;
using namespace sonde::test;

TEST_CASE("what exists as it should be is left alone, what differs and may change is changed") {
    TestBus bus;
    auto spec = stream("changes");
    REQUIRE(bus->ensure_stream(spec));
    REQUIRE(publish(bus, "changes.a", "kept") == PublishOutcome::accepted);
    REQUIRE(bus->ensure_stream(spec));
    spec.max_age = milliseconds{30'000};
    spec.max_bytes = 1 << 20;
    spec.subjects.push_back("more.changes");
    REQUIRE(bus->ensure_stream(spec));
    CHECK(publish(bus, "more.changes", "x") == PublishOutcome::accepted);
    CHECK((*bus->stream_state("changes"))->messages == 2);

    auto worker = consumer("changes");
    REQUIRE(bus->ensure_consumer(worker));
    worker.ack_wait = milliseconds{5'000};
    worker.max_ack_pending = 10;
    REQUIRE(bus->ensure_consumer(worker));
    REQUIRE(bus->ensure_consumer(worker));
}

TEST_CASE("what differs and cannot be changed is an error that says in what") {
    TestBus bus;
    auto spec = stream("stays");
    REQUIRE(bus->ensure_stream(spec));
    spec.storage = Storage::memory;
    const auto status = bus->ensure_stream(spec);
    REQUIRE_FALSE(status);
    CHECK(status.error().message.find("stream stays") != std::string::npos);
    CHECK(status.error().message.find("storage") != std::string::npos);

    auto orphan = consumer("no-such-stream");
    CHECK_FALSE(bus->ensure_consumer(orphan));
}

TEST_CASE("what does not exist has no state, and deleting it is no error") {
    TestBus bus;
    const auto stream_state = bus->stream_state("nothing");
    REQUIRE(stream_state);
    CHECK_FALSE(stream_state->has_value());
    const auto consumer_state = bus->consumer_state("nothing", "nobody");
    REQUIRE(consumer_state);
    CHECK_FALSE(consumer_state->has_value());
    CHECK(bus->delete_stream("nothing"));
    CHECK(bus->delete_consumer("nothing", "nobody"));
}

TEST_CASE("all of Sonde's streams and consumers can be made, twice, and by several at once") {
    NatsServer server;
    TestBus bus(server), other(server);
    for (const auto& place : {topology::jobs("eu", 1), topology::urgent("eu", 1), topology::results(1), topology::events(1), topology::parked(1)}) {
        std::thread rival([&] { CHECK(topology::ensure(*other.bus, place)); });
        const auto status = topology::ensure(*bus.bus, place);
        rival.join();
        CHECK_MESSAGE(status, status.error().message);
        CHECK(topology::ensure(*bus.bus, place));
        for (const auto& worker : place.consumers) CHECK((*bus->consumer_state(worker.stream, worker.durable)).has_value());
    }
}

}  // namespace stream_test

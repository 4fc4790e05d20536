#include <doctest/doctest.h>

#include "tests/integration/bus/fixture.h"

namespace pull_test {

using namespace sonde;
using namespace sonde::bus;
using namespace sonde::test;

namespace {

void publish_many(TestBus& bus, const std::string& subject, int count) {
    for (int i = 0; i < count; ++i) REQUIRE(publish(bus, subject, std::to_string(i)) == PublishOutcome::accepted);
}

ConsumerState state_of(TestBus& bus, const std::string& stream) {
    const auto state = bus->consumer_state(stream, "worker");
    REQUIRE(state);
    REQUIRE(state->has_value());
    return **state;
}

}  // namespace

TEST_CASE("no more messages come than are wanted, and more once more are wanted") {
    TestBus bus;
    ensure(bus, stream("wanted"), consumer("wanted"));
    publish_many(bus, "wanted.a", 20);
    Inbox inbox;
    const auto puller = bus->pull("wanted", "worker", std::ref(inbox));
    CHECK_FALSE(puller->asking());
    puller->want(3);
    REQUIRE(inbox.has(3));
    CHECK_FALSE(puller->asking());
    CHECK(state_of(bus, "wanted").delivered_sequence == 3);  // the server has sent no more than these
    puller->want(10);
    puller->want(10);
    REQUIRE(inbox.has(13));
    CHECK(state_of(bus, "wanted").delivered_sequence == 13);
    puller->want(100);
    REQUIRE(inbox.has(20));
    CHECK(puller->asking());
    CHECK(inbox.payloads().size() == 20);
    const auto first = inbox.all().front();
    CHECK(first.subject == "wanted.a");
    CHECK(first.payload == "0");
    CHECK(first.stream_sequence == 1);
    CHECK(first.times_delivered == 1);
}

TEST_CASE("what is acknowledged is gone from the stream, what is terminated too") {
    TestBus bus;
    ensure(bus, stream("acked"), consumer("acked"));
    publish_many(bus, "acked.a", 3);
    Inbox inbox;
    const auto puller = bus->pull("acked", "worker", std::ref(inbox));
    puller->want(3);
    REQUIRE(inbox.has(3));
    bus->ack(inbox.all()[0]);
    bus->terminate(inbox.all()[1]);
    CHECK(eventually([&] { return (*bus->stream_state("acked"))->messages == 1; }));
    CHECK(state_of(bus, "acked").ack_pending == 1);
}

TEST_CASE("what is not acknowledged comes again, and says so") {
    TestBus bus;
    ensure(bus, stream("again"), consumer("again", milliseconds{300}));
    publish_many(bus, "again.a", 1);
    Inbox inbox;
    const auto puller = bus->pull("again", "worker", std::ref(inbox));
    puller->want(5);
    REQUIRE(inbox.has(2));
    CHECK(inbox.all()[1].payload == "0");
    CHECK(inbox.all()[1].times_delivered == 2);
    CHECK(inbox.all()[1].stream_sequence == inbox.all()[0].stream_sequence);
}

TEST_CASE("saying that one still works on a message keeps it from coming again") {
    TestBus bus;
    ensure(bus, stream("working"), consumer("working", milliseconds{1000}));
    publish_many(bus, "working.a", 1);
    Inbox inbox;
    const auto puller = bus->pull("working", "worker", std::ref(inbox));
    puller->want(5);
    REQUIRE(inbox.has(1));
    const auto delivery = inbox.all()[0];
    const auto start = std::chrono::steady_clock::now();
    // Three times as long as the server would wait.
    CHECK_FALSE(eventually(
        [&] {
            bus->in_progress(delivery);
            return inbox.size() > 1 || std::chrono::steady_clock::now() - start > seconds{30};
        },
        3000));
    CHECK(inbox.has(2));  // and without it, it does come
}

TEST_CASE("a message that is not for now comes again after the delay") {
    TestBus bus;
    ensure(bus, stream("later"), consumer("later"));
    publish_many(bus, "later.a", 1);
    Inbox inbox;
    const auto puller = bus->pull("later", "worker", std::ref(inbox));
    puller->want(5);
    REQUIRE(inbox.has(1));
    const auto start = std::chrono::steady_clock::now();
    bus->not_now(inbox.all()[0], milliseconds{400});
    REQUIRE(inbox.has(2));
    CHECK(std::chrono::steady_clock::now() - start >= milliseconds{390});
    CHECK(inbox.all()[1].times_delivered == 2);
}

TEST_CASE("several pullers share a consumer: each message goes to one of them") {
    TestBus first, second;
    ensure(first, stream("shared"), consumer("shared"));
    Inbox a, b;
    const auto one = first->pull("shared", "worker", std::ref(a));
    const auto two = second->pull("shared", "worker", std::ref(b));
    one->want(30);
    two->want(30);
    REQUIRE(eventually([&] { return state_of(first, "shared").waiting == 2; }));
    publish_many(first, "shared.a", 40);
    REQUIRE(eventually([&] { return a.size() + b.size() == 40; }));
    auto all = a.payloads();
    all.merge(b.payloads());
    CHECK(all.size() == 40);
    CHECK(a.size() <= 30);
    CHECK(b.size() <= 30);
}

TEST_CASE("a steady flow keeps coming while room is made one by one") {
    TestBus bus;
    ensure(bus, stream("flow"), consumer("flow"));
    constexpr int count = 20'000;
    std::atomic<int> accepted{0};
    std::atomic<int> received{0};
    std::atomic<int> most{0};
    std::atomic<int> unhandled{0};
    Puller* puller = nullptr;
    std::mutex handling;
    std::vector<Delivery> queue;
    const auto owned = bus->pull("flow", "worker", [&](Delivery delivery) {
        const int now = ++unhandled;
        if (now > most) most = now;
        ++received;
        const std::scoped_lock lock(handling);
        queue.push_back(std::move(delivery));
    });
    puller = owned.get();
    puller->want(256);
    for (int i = 0; i < count; ++i) {
        while (bus->unanswered() >= 4096) std::this_thread::yield();
        bus->publish_to_stream("flow.a", "x", [&](PublishOutcome outcome) {
            if (outcome == PublishOutcome::accepted) ++accepted;
        });
    }
    REQUIRE(eventually([&] {
        std::vector<Delivery> batch;
        {
            const std::scoped_lock lock(handling);
            batch.swap(queue);
        }
        for (const auto& delivery : batch) bus->ack(delivery);
        unhandled -= static_cast<int>(batch.size());
        puller->want(256 - unhandled);
        return received == count && unhandled == 0;
    }));
    CHECK(accepted == count);
    CHECK(eventually([&] { return (*bus->stream_state("flow"))->messages == 0; }));
}

TEST_CASE("a consumer that is deleted under way is missed, and pulled from again once it is back") {
    TestBus bus;
    ensure(bus, stream("deleted"), consumer("deleted"));
    Inbox inbox;
    const auto puller = bus->pull("deleted", "worker", std::ref(inbox));
    puller->want(10);
    REQUIRE(eventually([&] { return puller->asking(); }));
    REQUIRE(bus->delete_consumer("deleted", "worker"));
    CHECK(eventually([&] { return puller->missing_answers() > 0; }));
    CHECK_FALSE((*bus->consumer_state("deleted", "worker")).has_value());
    REQUIRE(bus->ensure_consumer(consumer("deleted")));
    publish_many(bus, "deleted.a", 2);
    CHECK(inbox.has(2));
}

TEST_CASE("a consumer that has nothing is not taken for a missing one") {
    TestBus bus;
    ensure(bus, stream("idle"), consumer("idle"));
    Inbox inbox;
    const auto puller = bus->pull("idle", "worker", std::ref(inbox));
    puller->want(10);
    // Long enough for a request to expire, and the next one to be there.
    CHECK_FALSE(eventually([&] { return puller->missing_answers() > 0; }, 6000));
    CHECK(eventually([&] { return state_of(bus, "idle").waiting == 1; }));
    publish_many(bus, "idle.a", 1);
    CHECK(inbox.has(1));
}

TEST_CASE("a stream that is deleted under way is missed, and pulled from again once it is back") {
    TestBus bus;
    ensure(bus, stream("vanished"), consumer("vanished"));
    Inbox inbox;
    const auto puller = bus->pull("vanished", "worker", std::ref(inbox));
    puller->want(10);
    REQUIRE(eventually([&] { return puller->asking(); }));
    REQUIRE(bus->delete_stream("vanished"));
    CHECK(eventually([&] { return puller->missing_answers() > 0; }));
    CHECK(publish(bus, "vanished.a", "x") == PublishOutcome::no_stream);
    ensure(bus, stream("vanished"), consumer("vanished"));
    publish_many(bus, "vanished.a", 2);
    CHECK(inbox.has(2));
}

TEST_CASE("pulling from what does not exist yet begins once it does") {
    TestBus bus;
    Inbox inbox;
    const auto puller = bus->pull("future", "worker", std::ref(inbox));
    puller->want(10);
    CHECK(eventually([&] { return puller->missing_answers() > 0; }));
    ensure(bus, stream("future"), consumer("future"));
    publish_many(bus, "future.a", 1);
    CHECK(inbox.has(1));
}

TEST_CASE("no message is delivered after a puller was destroyed, also while they pour in") {
    TestBus bus;
    ensure(bus, stream("dropped"), consumer("dropped"));
    for (int round = 0; round < 20; ++round) {
        auto gone = std::make_shared<std::atomic<bool>>(false);
        auto late = std::make_shared<std::atomic<int>>(0);
        std::atomic<int> received{0};
        auto puller = bus->pull("dropped", "worker", [&received, gone, late](const Delivery&) {
            if (*gone) ++*late;
            ++received;
        });
        puller->want(300);
        for (int i = 0; i < 200; ++i) bus->publish_to_stream("dropped.a", "x", [](PublishOutcome) {});
        CHECK(eventually([&] { return received > round; }));
        puller.reset();
        *gone = true;
        REQUIRE(bus->flush(milliseconds{5000}));
        CHECK(*late == 0);
    }
}

TEST_CASE("a puller may be destroyed by its own callback") {
    TestBus bus;
    ensure(bus, stream("suicidal"), consumer("suicidal"));
    publish_many(bus, "suicidal.a", 10);
    std::unique_ptr<Puller> puller;
    std::mutex mutex;
    std::atomic<int> received{0};
    {
        const std::scoped_lock lock(mutex);
        puller = bus->pull("suicidal", "worker", [&](const Delivery&) {
            const std::scoped_lock inner(mutex);
            ++received;
            puller.reset();
        });
        puller->want(10);
    }
    REQUIRE(eventually([&] { return received > 0; }));
    REQUIRE(bus->flush(milliseconds{5000}));
    CHECK(received == 1);
}

}  // namespace pull_test

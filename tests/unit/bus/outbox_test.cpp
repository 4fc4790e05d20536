#include "lib/bus/outbox.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <vector>

namespace outbox_test {

using namespace sonde;
using namespace sonde::bus;

namespace {

MonotonicPoint in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

TEST_CASE("messages are sent in the order they were put") {
    std::vector<std::string> sent;
    Outbox outbox([&sent](const Outgoing& message) { sent.push_back(message.payload); });
    for (int i = 0; i < 1000; ++i) REQUIRE(outbox.put({"s", "", std::to_string(i), 0}));
    REQUIRE(outbox.drained(in(seconds{10})));
    REQUIRE(sent.size() == 1000);
    for (int i = 0; i < 1000; ++i) CHECK(sent[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEST_CASE("while sending is stuck, putting does not block, and is refused when too much waits") {
    std::promise<void> release;
    auto released = release.get_future().share();
    std::atomic<int> sent{0};
    Outbox outbox([&](const Outgoing&) {
        released.wait();
        ++sent;
    });
    const std::string payload(1 << 20, 'x');
    int taken = 0;
    while (outbox.put({"s", "", payload, 0}) && taken < 1000) ++taken;
    CHECK(taken >= 32);
    CHECK(taken <= 64);
    CHECK_FALSE(outbox.drained(in(milliseconds{20})));
    release.set_value();
    CHECK(outbox.drained(in(seconds{10})));
    CHECK(sent == taken);
    CHECK(outbox.put({"s", "", payload, 0}));
}

TEST_CASE("an outbox ends without sending what still waits") {
    std::atomic<int> sent{0};
    std::promise<void> release;
    auto released = release.get_future().share();
    std::thread releaser;
    {
        Outbox outbox([&](const Outgoing&) {
            ++sent;
            released.wait();
        });
        REQUIRE(outbox.put({"s", "", "first", 0}));
        while (sent == 0) std::this_thread::yield();
        REQUIRE(outbox.put({"s", "", "second", 0}));
        releaser = std::thread([&release] { release.set_value(); });
    }
    releaser.join();
    CHECK(sent >= 1);
}

}  // namespace outbox_test

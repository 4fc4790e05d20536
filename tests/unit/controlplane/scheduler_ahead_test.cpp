#include <doctest/doctest.h>

#include "tests/unit/controlplane/dispatcher_world.h"

namespace scheduler_ahead_test {

using namespace sonde;
using namespace sonde::scheduler;
using namespace sonde::scheduler::test;

TEST_CASE("slots are published ahead of their time, once each, and a successor goes on where the cursor is") {
    constexpr milliseconds kAhead{1'250};
    const std::vector<Definition> monitors{definition(1, seconds{5}), definition(2, seconds{7}), definition(3, seconds{30})};
    World world(kAhead);
    world.take_all(monitors);
    world.pass(seconds{60});
    CHECK(world.earliest > kAhead - milliseconds{60});
    for (const auto& [share, cursor] : world.cursors) CHECK(cursor == world.now + kAhead);

    World successor(kAhead);
    successor.now = world.now;
    successor.take_all(monitors, world.now + kAhead);
    successor.pass(seconds{30});
    std::set<Key> expected;
    for (const auto& monitor : monitors) {
        expected.merge(slots(monitor, {"ap", "eu", "us"}, kStart, successor.now + kAhead));
    }
    auto delivered = world.delivered;
    delivered.merge(successor.delivered);
    CHECK(successor.delivered.empty());
    CHECK(delivered.size() == expected.size());
    CHECK(world.total().expected + successor.total().expected == static_cast<std::int64_t>(expected.size()));
    CHECK(world.total().skipped + successor.total().skipped == 0);
}

TEST_CASE("what is published ahead of a removal is all that runs after it") {
    constexpr milliseconds kAhead{1'250};
    const auto monitor = definition(1, seconds{5});
    World world(kAhead);
    world.take_all({monitor});
    world.pass(seconds{20});
    const auto removed_at = world.now;
    world.dispatcher.remove(monitor.id);
    world.pass(seconds{20});
    for (const auto& [key, times] : world.delivered) CHECK(std::get<2>(key) <= removed_at + kAhead);
}

}  // namespace scheduler_ahead_test

#include <doctest/doctest.h>

#include <random>

#include "tests/unit/controlplane/dispatcher_world.h"

namespace scheduler_dispatcher_test {

using namespace sonde;
using namespace sonde::scheduler;
using namespace sonde::scheduler::test;

TEST_CASE("every slot of every monitor is published exactly once in each of its regions, and counted as expected") {
    World world;
    std::vector<Definition> definitions;
    std::set<Key> expected;
    for (std::int64_t id = 1; id <= 300; ++id) {
        const auto placement = id % 3 == 0 ? Placement::rotate : Placement::all;
        const auto regions = id % 2 == 0 ? std::vector<std::string>{"us", "eu"} : std::vector<std::string>{};
        definitions.push_back(definition(id, milliseconds{5'000 + 100 * id}, regions, 1, placement));
        expected.merge(slots(definitions.back(), id % 2 == 0 ? std::vector<std::string>{"eu", "us"} : kAll, kStart, kStart + seconds{90}));
    }
    world.take_all(definitions);
    world.pass(seconds{90});
    CHECK(world.delivered.size() == expected.size());
    for (const auto& [key, times] : world.delivered) {
        REQUIRE(times == 1);
        REQUIRE(expected.contains(key));
    }
    Counts arithmetic;
    for (const auto& [monitor, region, slot] : expected) {
        const auto index = static_cast<RegionIndex>(std::find(kAll.begin(), kAll.end(), region) - kAll.begin());
        ++arithmetic[{minute_of(slot), index}].expected;
    }
    CHECK(world.ledger == arithmetic);
    for (const auto& [share, cursor] : world.cursors) CHECK(cursor == kStart + seconds{90});
}

TEST_CASE("a region without a stream holds nobody else up, and its slots are skipped once they are worthless") {
    World world;
    world.take_all({definition(1, seconds{5}), definition(2, seconds{5})});
    world.pass(seconds{60}, [](const std::string& region) {
        return region == "eu" ? PublishOutcome::no_stream : PublishOutcome::accepted;
    });
    std::map<std::string, int> by_region;
    for (const auto& [key, times] : world.delivered) by_region[std::get<1>(key)] += times;
    CHECK(by_region["ap"] == 24);
    CHECK(by_region["us"] == 24);
    CHECK(by_region["eu"] == 0);
    for (const auto& [share, cursor] : world.cursors) CHECK(cursor >= kStart + seconds{56});
    CHECK(world.total().skipped >= 21);
    // The stream is there again: what is not worthless yet is still published.
    world.pass(seconds{10});
    std::int64_t eu = 0;
    for (const auto& [key, times] : world.delivered) eu += std::get<1>(key) == "eu" ? times : 0;
    CHECK(world.total().expected == 3 * 28);
    CHECK(world.total().expected - world.total().skipped == 2 * 28 + eu);
    CHECK(eu >= 4);
}

TEST_CASE("a successor continues from the cursor: nothing is lost, and the ledger counts every slot once") {
    std::mt19937_64 random(5);
    for (int round = 0; round < 20; ++round) {
        std::vector<Definition> definitions;
        for (std::int64_t id = 1; id <= 60; ++id) definitions.push_back(definition(id, milliseconds{5'000 + 37 * id}));
        World first;
        first.take_all(definitions);
        const milliseconds until{static_cast<std::int64_t>(random() % 20'000 / 50 * 50)};
        first.pass(until, [&random](const std::string&) -> std::optional<PublishOutcome> {
            switch (random() % 8) {
                case 0: return PublishOutcome::timed_out;
                case 1: return random() % 4 == 0 ? std::nullopt : std::optional(PublishOutcome::refused);
                default: return PublishOutcome::accepted;
            }
        });
        // It dies; its cursors and its ledger are what is left of it.
        World second;
        second.ledger = first.ledger;
        second.delivered = first.delivered;
        second.now = first.now + milliseconds{static_cast<std::int64_t>(random() % 12'000 / 50 * 50)};
        for (int share = 0; share < kSchedulerShares; ++share) {
            std::vector<Definition> own;
            for (const auto& item : definitions) {
                if (item.share == share) own.push_back(item);
            }
            const auto cursor = first.cursors.at(share);
            second.dispatcher.take_share(share, cursor, cursor, std::move(own), second.now);
            second.cursors[share] = cursor;
        }
        const auto end = kStart + seconds{45};
        second.pass(end - second.now);
        std::int64_t expected = 0;
        std::int64_t published = 0;
        for (const auto& item : definitions) {
            for (const auto& key : slots(item, kAll, kStart, end)) {
                ++expected;
                published += second.delivered.contains(key) ? 1 : 0;
            }
        }
        REQUIRE(second.total().expected == expected);
        REQUIRE(expected - published <= second.total().skipped);
        for (const auto& [key, times] : second.delivered) REQUIRE(times <= 2);
    }
}

TEST_CASE("after a long stop, worthless slots are counted as skipped and not published") {
    World world;
    world.now = kStart + std::chrono::hours{3};
    const auto monitor = definition(1, seconds{30});
    world.take_all({monitor});
    world.pass(seconds{30});
    const auto all = static_cast<std::int64_t>(slots(monitor, kAll, kStart, world.now).size());
    CHECK(world.total().expected == all);
    CHECK(world.total().skipped == all - static_cast<std::int64_t>(world.delivered.size()));
    CHECK(world.delivered.size() <= 6);
    CHECK(world.delivered.size() >= 3);
}

TEST_CASE("after a stop longer than is accounted for, the earlier slots are let go") {
    World world;
    world.now = kStart + std::chrono::hours{100};
    world.take_all({definition(1, std::chrono::minutes{1})});
    world.pass(seconds{60});
    CHECK(world.total().expected <= 3 * (24 * 60 + 2));
    CHECK(world.total().expected >= 3 * (24 * 60 - 1));
}

TEST_CASE("slots from before a monitor was created do not exist") {
    World world;
    world.now = kStart + seconds{100};
    auto monitor = definition(1, seconds{5});
    monitor.created_at = kStart + seconds{95};
    world.take_all({monitor});
    world.pass(seconds{20});
    CHECK(world.total().expected == static_cast<std::int64_t>(slots(monitor, kAll, monitor.created_at, world.now).size()));
}

TEST_CASE("a new monitor begins with its next slot, an edited one goes on without a gap, a removed one stops at once") {
    World world;
    world.take_all({});
    world.pass(seconds{10});
    const auto created = world.now;
    const auto monitor = definition(9, seconds{5}, {"eu"});
    world.dispatcher.put(monitor, world.now);
    world.pass(seconds{10});
    auto expected = slots(monitor, {"eu"}, created, world.now);
    CHECK(world.delivered.size() == expected.size());

    const auto edited_at = world.now;
    const auto edited = definition(9, seconds{7}, {"us"}, 2);
    world.dispatcher.put(edited, world.now + milliseconds{20});
    world.dispatcher.put(edited, world.now + milliseconds{20});
    world.pass(seconds{14});
    expected.merge(slots(edited, {"us"}, edited_at, world.now));
    CHECK(world.delivered.size() == expected.size());
    CHECK(world.revisions[9] == 2);

    world.dispatcher.remove(MonitorId{9});
    world.pass(seconds{30});
    CHECK(world.delivered.size() == expected.size());
    for (const auto& [key, times] : world.delivered) {
        CHECK(times == 1);
        CHECK(expected.contains(key));
    }
    CHECK(world.total() == Count{static_cast<std::int64_t>(expected.size()), 0});
}

TEST_CASE("a job that waits when its monitor is removed is skipped, not published") {
    World world;
    const auto monitor = definition(1, seconds{30}, {"eu"});
    world.take_all({monitor});
    const auto to_slot = slot_after(monitor.timing, kStart) - kStart + milliseconds{50};
    world.pass(to_slot, [](const std::string&) { return PublishOutcome::timed_out; });
    world.dispatcher.remove(monitor.id);
    world.pass(seconds{3});
    CHECK(world.delivered.empty());
    CHECK(world.total() == Count{1, 1});
}

TEST_CASE("a region that comes later gets slots from then on; one that goes gets no more, and holds no cursor") {
    World world;
    const auto monitor = definition(1, seconds{5});
    world.take_all({monitor});
    world.pass(seconds{20}, [](const std::string& region) {
        return region == "ap" ? PublishOutcome::timed_out : PublishOutcome::accepted;
    });
    world.dispatcher.set_regions({"eu", "us", "za"});
    world.pass(seconds{20});
    std::map<std::string, int> by_region;
    for (const auto& [key, times] : world.delivered) by_region[std::get<1>(key)] += times;
    CHECK(by_region == std::map<std::string, int>{{"eu", 8}, {"us", 8}, {"za", 4}});
    CHECK(world.total() == Count{24, 4});
    for (const auto& [share, cursor] : world.cursors) CHECK(cursor == world.now);
}

TEST_CASE("a closing share meets no more slots and settles what it has met") {
    World world;
    const auto monitor = definition(1, seconds{5});
    world.take_all({monitor});
    const auto to_slot = slot_after(monitor.timing, kStart) - kStart;
    world.pass(to_slot + milliseconds{50}, [](const std::string&) { return PublishOutcome::timed_out; });
    world.dispatcher.close_share(monitor.share);
    CHECK(!world.dispatcher.is_settled(monitor.share));
    world.pass(seconds{2});
    CHECK(world.dispatcher.is_settled(monitor.share));
    CHECK(world.delivered.size() == 3);
    const auto cursor = world.cursors.at(monitor.share);
    world.pass(seconds{20});
    CHECK(world.delivered.size() == 3);
    CHECK(world.cursors.at(monitor.share) == cursor);
    world.dispatcher.drop_share(monitor.share);
    CHECK(!world.dispatcher.owns(monitor.share));
    CHECK(world.dispatcher.roster().size() == 0);
}

TEST_CASE("answers to a share's earlier tenure do not count in its present one") {
    World world;
    const auto monitor = definition(1, seconds{5}, {"eu"});
    world.take_all({monitor});
    const auto to_slot = slot_after(monitor.timing, kStart) - kStart + milliseconds{50};
    world.pass(to_slot, [](const std::string&) -> std::optional<PublishOutcome> { return std::nullopt; });
    const auto cursor = world.cursors.at(monitor.share);
    CHECK(cursor < kStart + to_slot);
    world.dispatcher.take_share(monitor.share, cursor, cursor, {monitor}, world.now);
    world.dispatcher.answered(1, PublishOutcome::accepted, world.now);
    world.pass(seconds{5});
    CHECK(world.delivered.size() == 2);
    CHECK(world.total() == Count{2, 0});
}

TEST_CASE("beyond the bound of a region's backlog the oldest slots are shed and counted as skipped") {
    World world;
    std::vector<Definition> definitions;
    for (std::int64_t id = 1; id <= 6'000; ++id) definitions.push_back(definition(id, seconds{120}, {"eu"}));
    world.take_all(definitions);
    world.pass(seconds{120}, [](const std::string&) { return PublishOutcome::timed_out; });
    world.pass(seconds{61});
    CHECK(world.registry.expose().find(R"(sonde_scheduler_skipped_total{region="eu",reason="shed"} 0)") == std::string::npos);
    std::int64_t expected = 0;
    for (const auto& item : definitions) expected += static_cast<std::int64_t>(slots(item, {"eu"}, kStart, world.now).size());
    CHECK(world.total().expected == expected);
    CHECK(world.total().expected - world.total().skipped == static_cast<std::int64_t>(world.delivered.size()));
}

TEST_CASE("after a standstill of the process, every slot is still counted once") {
    World world;
    const auto monitor = definition(1, seconds{5});
    world.take_all({monitor});
    world.pass(seconds{10});
    world.now += std::chrono::minutes{10};
    world.pass(seconds{10});
    const auto all = static_cast<std::int64_t>(slots(monitor, kAll, kStart, world.now).size());
    CHECK(world.total().expected == all);
    CHECK(world.total().skipped == all - static_cast<std::int64_t>(world.delivered.size()));
}

TEST_CASE("a slot costs less than five microseconds, publishing and account together") {
    World world;
    std::vector<Definition> definitions;
    for (std::int64_t id = 1; id <= 20'000; ++id) definitions.push_back(definition(id, seconds{10}));
    world.take_all(definitions);
    std::size_t jobs = 0;
    timespec before{};
    timespec after{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    for (int tick = 0; tick < 200; ++tick) {
        world.now += milliseconds{50};
        world.dispatcher.tick(world.now);
        while (!world.sent.empty()) {
            world.dispatcher.answered(world.sent.front().id, PublishOutcome::accepted, world.now);
            world.sent.pop_front();
        }
        for (const auto& move : world.dispatcher.collect_moves()) {
            for (const auto& [key, count] : move.counts) jobs += static_cast<std::size_t>(count.expected);
        }
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    const auto nanoseconds = static_cast<double>(after.tv_sec - before.tv_sec) * 1e9 + static_cast<double>(after.tv_nsec - before.tv_nsec);
    REQUIRE(jobs == 60'000);
    MESSAGE("nanoseconds a job: " << nanoseconds / static_cast<double>(jobs));
#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__
    CHECK(nanoseconds / static_cast<double>(jobs) < 5'000);
#endif
#endif
}

}  // namespace scheduler_dispatcher_test

#include <doctest/doctest.h>

#include "controlplane/scheduler/account.h"
#include "controlplane/scheduler/region_queue.h"

namespace scheduler_account_test {

using namespace sonde;
using namespace sonde::scheduler;

namespace {
constexpr TimePoint kNow = from_unix_ms(1'790'000'040'000);
constexpr TimePoint kMinute = minute_of(kNow);

Batch batch(Tick tick, std::size_t jobs) {
    Batch made{tick, 0, {}};
    for (std::size_t i = 0; i < jobs; ++i) made.jobs.push_back({kNow, static_cast<std::uint32_t>(i), 0, 0});
    return made;
}
}  // namespace

TEST_CASE("a cursor stands before the first tick with an open slot") {
    ShareAccount account(kNow);
    account.expect(1, kMinute, 0);
    account.close(1, kNow + milliseconds{50});
    account.expect(2, kMinute, 0);
    account.expect(2, kMinute, 1);
    account.close(2, kNow + milliseconds{100});
    CHECK(account.reached() == kNow + milliseconds{100});
    CHECK(account.settled() == kNow);
    account.accepted(2);
    account.accepted(2);
    CHECK(account.settled() == kNow);
    CHECK(account.take_counts().empty());
    account.accepted(1);
    CHECK(account.settled() == kNow + milliseconds{100});
    CHECK(account.quiet());
    CHECK(account.take_counts() == Counts{{{kMinute, 0}, {2, 0}}, {{kMinute, 1}, {1, 0}}});
    CHECK(account.take_counts().empty());
}

TEST_CASE("a tick without slots moves the cursor by itself") {
    ShareAccount account(kNow);
    account.close(1, kNow + milliseconds{50});
    CHECK(account.settled() == kNow + milliseconds{50});
    account.expect(2, kMinute, 0);
    account.close(2, kNow + milliseconds{100});
    account.close(3, kNow + milliseconds{150});
    CHECK(account.settled() == kNow + milliseconds{50});
    account.accepted(2);
    CHECK(account.settled() == kNow + milliseconds{150});
}

TEST_CASE("a slot is not settled before its tick is over, even if its answer is") {
    ShareAccount account(kNow);
    account.expect(1, kMinute, 0);
    account.accepted(1);
    CHECK(account.settled() == kNow);
    account.close(1, kNow + milliseconds{50});
    CHECK(account.settled() == kNow + milliseconds{50});
}

TEST_CASE("what is given up is expected and skipped; answers to unknown ticks change nothing") {
    ShareAccount account(kNow);
    account.expect_skipped(5, {{{kMinute, 0}, {10, 10}}});
    account.expect(5, kMinute, 0);
    account.close(5, kNow + milliseconds{50});
    account.accepted(4);
    account.given_up(6, kMinute, 0);
    CHECK(!account.quiet());
    account.given_up(5, kMinute, 0);
    CHECK(account.quiet());
    CHECK(account.take_counts() == Counts{{{kMinute, 0}, {11, 11}}});
}

TEST_CASE("a region's queue keeps its bound by shedding the oldest") {
    QueueLimits limits;
    limits.jobs = 10;
    RegionQueue queue(limits);
    CHECK(queue.push(batch(1, 4)).empty());
    CHECK(queue.push(batch(2, 4)).empty());
    const auto shed = queue.push(batch(3, 4));
    REQUIRE(shed.size() == 1);
    CHECK(shed.front().tick == 1);
    CHECK(queue.waiting_jobs() == 8);
}

TEST_CASE("a region in trouble is tried with one batch at a time, at growing distances") {
    QueueLimits limits;
    limits.in_flight = 2;
    RegionQueue queue(limits);
    for (Tick tick = 1; tick <= 4; ++tick) CHECK(queue.push(batch(tick, 1)).empty());
    auto first = queue.pop(kNow);
    auto second = queue.pop(kNow);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(!queue.pop(kNow));
    queue.failed(std::move(*first), false, kNow);
    queue.failed(std::move(*second), false, kNow);  // the same failure: no longer pause
    CHECK(!queue.pop(kNow + milliseconds{99}));
    auto probe = queue.pop(kNow + milliseconds{100});
    REQUIRE(probe);
    CHECK(!queue.pop(kNow + seconds{60}));
    queue.failed(std::move(*probe), false, kNow + milliseconds{100});
    CHECK(!queue.pop(kNow + milliseconds{299}));
    probe = queue.pop(kNow + milliseconds{300});
    REQUIRE(probe);
    queue.accepted();
    CHECK(!queue.in_trouble());
    CHECK(queue.pop(kNow + milliseconds{300}));
    CHECK(queue.pop(kNow + milliseconds{300}));
}

TEST_CASE("a refused batch steps behind the others, one that got no answer does not") {
    QueueLimits limits;
    RegionQueue queue(limits);
    for (Tick tick = 1; tick <= 2; ++tick) CHECK(queue.push(batch(tick, 1)).empty());
    queue.failed(*queue.pop(kNow), false, kNow);
    auto next = queue.pop(kNow + seconds{1});
    CHECK(next->tick == 1);
    queue.failed(std::move(*next), true, kNow + seconds{1});
    CHECK(queue.pop(kNow + seconds{9})->tick == 2);
}

TEST_CASE("a pause ends though the clock is set back") {
    QueueLimits limits;
    RegionQueue queue(limits);
    CHECK(queue.push(batch(1, 1)).empty());
    queue.failed(*queue.pop(kNow), false, kNow);
    CHECK(queue.pop(kNow - std::chrono::hours{1}));
}

TEST_CASE("jobs that are not wanted any more leave the queue") {
    QueueLimits limits;
    RegionQueue queue(limits);
    CHECK(queue.push(batch(1, 3)).empty());
    CHECK(queue.push(batch(2, 1)).empty());
    queue.filter([](const Batch&, const JobRef& job) { return job.monitor != 0; });
    CHECK(queue.waiting_jobs() == 2);
    CHECK(queue.pop(kNow)->tick == 1);
    CHECK(!queue.pop(kNow));
}

}  // namespace scheduler_account_test

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "controlplane/scheduler/plan.h"

namespace scheduler_plan_test {

using namespace sonde;
using namespace sonde::scheduler;

namespace {
constexpr TimePoint kNow = from_unix_ms(1'790'000'000'000);

std::vector<RegionIndex> regions_of(Placement placement, std::vector<RegionIndex> regions, Timing timing, Slot slot) {
    std::vector<RegionIndex> found;
    for_each_region(placement, regions, timing, slot, [&](RegionIndex region) { found.push_back(region); });
    return found;
}
}  // namespace

TEST_CASE("a check may start until half an interval after its slot, within two seconds and a minute") {
    CHECK(start_window(seconds{1}) == seconds{2});
    CHECK(start_window(seconds{5}) == milliseconds{2'500});
    CHECK(start_window(seconds{30}) == seconds{15});
    CHECK(start_window(std::chrono::hours{24}) == seconds{60});
    CHECK(not_after(kNow, seconds{30}) == kNow + seconds{15});
}

TEST_CASE("a monitor runs in all of its regions, or takes them in turns") {
    const Timing timing{seconds{30}, milliseconds{1'234}};
    const auto slot = slot_after(timing, kNow);
    CHECK(regions_of(Placement::all, {4, 1, 7}, timing, slot) == std::vector<RegionIndex>{4, 1, 7});
    CHECK(regions_of(Placement::all, {}, timing, slot).empty());
    CHECK(regions_of(Placement::rotate, {}, timing, slot).empty());
    std::vector<RegionIndex> turns;
    for (int i = 0; i < 6; ++i) {
        const auto here = regions_of(Placement::rotate, {4, 1, 7}, timing, slot + i * timing.interval);
        REQUIRE(here.size() == 1);
        turns.push_back(here.front());
    }
    CHECK(std::vector(turns.begin(), turns.begin() + 3) == std::vector(turns.begin() + 3, turns.end()));
    CHECK(std::set(turns.begin(), turns.end()).size() == 3);
}

TEST_CASE("slots counted by arithmetic are those counted one by one") {
    std::mt19937_64 random(7);
    for (int round = 0; round < 300; ++round) {
        const Timing timing{milliseconds{5'000 + static_cast<std::int64_t>(random() % 400'000)}, milliseconds{0}};
        const Timing phased{timing.interval, milliseconds{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(timing.interval.count()))}};
        const auto from = kNow + milliseconds{static_cast<std::int64_t>(random() % 100'000)};
        const auto to = from + milliseconds{static_cast<std::int64_t>(random() % 3'000'000)};
        const auto placement = random() % 2 == 0 ? Placement::all : Placement::rotate;
        const std::vector<RegionIndex> regions{2, 0, 5};
        const bool skipped = random() % 2 == 0;
        Counts counted;
        count_slots(placement, regions, phased, from, to, skipped, counted);
        Counts one_by_one;
        for (auto slot = slot_after(phased, from); slot <= to; slot += phased.interval) {
            for_each_region(placement, regions, phased, slot, [&](RegionIndex region) {
                auto& count = one_by_one[{minute_of(slot), region}];
                ++count.expected;
                if (skipped) ++count.skipped;
            });
        }
        REQUIRE(counted == one_by_one);
    }
}

TEST_CASE("a batch is of one region and one class of time-out, and within the limits") {
    std::mt19937_64 random(3);
    std::vector<DueJob> due;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        due.push_back({{kNow + milliseconds{static_cast<std::int64_t>(random() % 50)}, i, 0, 0},
                       static_cast<RegionIndex>(random() % 3),
                       static_cast<std::uint8_t>(random() % 2),
                       static_cast<std::uint32_t>(random() % 3'000)});
    }
    const auto all = due;
    const BatchLimits limits{200, 100'000};
    std::vector<int> seen(all.size());
    for (const auto& batch : group(due, limits)) {
        REQUIRE(!batch.jobs.empty());
        REQUIRE(batch.jobs.size() <= limits.jobs);
        std::size_t bytes = 0;
        for (const auto& job : batch.jobs) {
            const auto& original = all[job.monitor];
            REQUIRE(original.region == batch.region);
            REQUIRE(original.timeout_class == all[batch.jobs.front().monitor].timeout_class);
            bytes += original.bytes;
            ++seen[job.monitor];
        }
        REQUIRE(bytes <= limits.bytes);
    }
    for (const auto times : seen) REQUIRE(times == 1);
}

TEST_CASE("a job larger than the limit travels alone") {
    std::vector<DueJob> due;
    for (std::uint32_t i = 0; i < 3; ++i) due.push_back({{kNow, i, 0, 0}, 0, 0, i == 1 ? 600'000U : 100U});
    const auto batches = group(due, {200, 500'000});
    CHECK(batches.size() == 3);
}

TEST_CASE("time-outs within a factor of two are of one class") {
    CHECK(timeout_class(milliseconds{100}) == timeout_class(milliseconds{900}));
    CHECK(timeout_class(seconds{8}) == timeout_class(seconds{15}));
    CHECK(timeout_class(seconds{1}) != timeout_class(seconds{10}));
    CHECK(timeout_class(seconds{10}) != timeout_class(seconds{120}));
}

}  // namespace scheduler_plan_test

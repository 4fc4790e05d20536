// A stage on which checks run: what the tests of the scheduler have in common.
#pragma once

#include "tests/integration/controlplane/scheduler_fixture.h"

namespace sonde::test {

inline constexpr milliseconds kInterval{5'000};
inline const std::vector<std::string> kRegions{"ap", "eu", "us"};

// All jobs that any of the agents got.
inline std::map<JobKey, int> all_jobs(const std::vector<std::unique_ptr<FakeAgent>>& agents) {
    std::map<JobKey, int> all;
    for (const auto& agent : agents) all.merge(agent->jobs());
    return all;
}

// Sixty monitors in three regions, each with an agent.
struct Running : Stage {
    Running() {
        add_regions(kRegions);
        monitors = add_monitors(60, kInterval, kRegions);
        for (const auto& region : kRegions) agents.push_back(agent(region));
    }

    // Waits until the cursors have passed `at`.
    [[nodiscard]] bool reaches(TimePoint at) {
        return eventually([&] {
            try {
                return cursor() >= at;
            } catch (const db::DbError&) {
                return false;
            }
        });
    }
    [[nodiscard]] std::int64_t skipped() { return number("select sum(skipped) from slot_ledger"); }
    [[nodiscard]] bool owns_all(const ControlPlane& plane) {
        return eventually([&] { return plane.gauge("sonde_scheduler_shares") == kSchedulerShares; });
    }
    // Slots in (from, to] that no agent got.
    [[nodiscard]] std::size_t missing(TimePoint from, TimePoint to) {
        const auto got = all_jobs(agents);
        std::size_t count = 0;
        for (const auto& key : slots_between(monitors, from, to)) count += got.contains(key) ? 0 : 1;
        return count;
    }
    // As they arrive after their acceptance, some may still be on the way.
    [[nodiscard]] bool all_arrive(TimePoint from, TimePoint to) {
        return eventually([&] { return missing(from, to) == 0; });
    }
    [[nodiscard]] bool any_twice() {
        for (const auto& [key, times] : all_jobs(agents)) {
            if (times != 1) return true;
        }
        return false;
    }

    std::vector<TestMonitor> monitors;
    std::vector<std::unique_ptr<FakeAgent>> agents;
};

}  // namespace sonde::test

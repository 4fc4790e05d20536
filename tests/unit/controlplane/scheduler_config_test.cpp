#include <doctest/doctest.h>

#include "controlplane/scheduler/config.h"

namespace scheduler_config_test {

using namespace sonde;

TEST_CASE("the scheduler's keys take values and refuse those that contradict each other") {
    scheduler::SchedulerConfig config;
    config::Keys keys;
    add_scheduler_keys(keys, config);
    REQUIRE(config::load_text("scheduler:\n  tick: 20ms\n  batch_jobs: 100\nresults:\n  retention: 7d\n", "test.yaml", keys).ok());
    CHECK(config.tick == milliseconds{20});
    CHECK(dispatch_limits(config).batch.jobs == 100);
    CHECK(dispatch_limits(config).ahead == milliseconds{20} + config.lead);
    CHECK(config.housekeeping.history.keep_results == std::chrono::hours{24 * 7});
    CHECK(!config::load_text("scheduler:\n  lease: 2s\n  renew_every: 1500ms\n", "test.yaml", keys).ok());
    CHECK(!config::load_text("scheduler:\n  batch_jobs: 501\n", "test.yaml", keys).ok());
}

}  // namespace scheduler_config_test

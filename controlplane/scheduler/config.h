// The configuration of scheduling and of what the control plane does beside it.
#pragma once

#include "controlplane/housekeeping/options.h"
#include "controlplane/presence/options.h"
#include "controlplane/scheduler/dispatcher.h"
#include "controlplane/watchdog/options.h"
#include "lib/config/config.h"

namespace sonde::scheduler {

struct SchedulerConfig {
    milliseconds tick{1'000};         // slots of one tick travel together
    milliseconds lead{250};           // from a message to its first slot
    milliseconds lease{5'000};
    milliseconds renew_every{1'500};
    milliseconds lease_grace{60'000}; // publish on for so long without a renewal, when the database is away
    milliseconds poll_every{1'000};   // of the change table, beside its notifications
    milliseconds cursor_every{2'000};
    milliseconds drain{1'000};        // how long a share that is handed over may wait for answers
    int batch_jobs = 200;
    int batch_bytes = 500'000;
    int backlog_jobs = 100'000;
    int in_flight_batches = 32;
    milliseconds publish_timeout{2'000};
    milliseconds account_back{std::chrono::hours{24}};
    presence::PresenceOptions presence;
    watchdog::WatchdogOptions watchdog;
    housekeeping::HousekeepingOptions housekeeping;
};

// `config` must outlive the keys' last use.
void add_scheduler_keys(config::Keys& keys, SchedulerConfig& config);

DispatchLimits dispatch_limits(const SchedulerConfig& config);

}  // namespace sonde::scheduler

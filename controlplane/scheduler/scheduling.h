// Everything the control plane does on its own, apart from answering requests: scheduler, watchdog, presence, housekeeping.
#pragma once

#include <string>

#include "controlplane/housekeeping/housekeeping.h"
#include "controlplane/presence/presence.h"
#include "controlplane/scheduler/scheduler.h"
#include "controlplane/watchdog/watchdog.h"

namespace sonde::scheduler {

// The four together, with what they tell each other. `pool` should be their own, of two or three connections: a long request to
// the API must not keep a lease from being renewed.
class Scheduling {
public:
    // `owner` must be unique among all processes that use the database, also over time: `process_name()` is. References must
    // outlive it; `config` must not change any more.
    Scheduling(const SchedulerConfig& config, db::Pool& pool, const crypto::SecretBox& secrets, const Secret& dsn, bus::Bus& bus,
               metrics::Registry& metrics, const std::string& owner);

    // Waits for nothing: neither the database nor the bus need be there yet.
    void start();
    // In reverse order; hands the monitors over to the other control planes. A few seconds at most.
    void stop();

    // What keeps checks from being scheduled, or nothing; for readiness. Thread-safe.
    [[nodiscard]] std::string scheduler_trouble() const { return scheduler_.trouble(); }
    [[nodiscard]] std::string streams_trouble() const { return watchdog_.trouble(); }

private:
    watchdog::Watchdog watchdog_;
    presence::Presence presence_;
    housekeeping::Housekeeping housekeeping_;
    Scheduler scheduler_;
};

// `<host>/<process id>/<random>`.
std::string process_name();

}  // namespace sonde::scheduler

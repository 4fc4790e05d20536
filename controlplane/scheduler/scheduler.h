// The scheduler of a control plane: publishes the slots of its shares of the monitors, region by region.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "controlplane/scheduler/config.h"
#include "lib/base/secret.h"
#include "lib/bus/bus.h"
#include "lib/crypto/crypto.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::scheduler {

// Several run beside each other, each with the same database and bus, and divide the monitors among them. Two threads: one
// paces (every tick: what is due, out), the other feeds it from the database. Neither waits for the other's partner: with the database
// away checks go on for `lease_grace`, with the bus away slots wait until they are worthless and are then counted as skipped.
//
// A slot may be published twice, after a crash or a lost answer; its results count once. It is counted in the ledger exactly
// once, in the transaction that moves the cursor past it.
class Scheduler {
public:
    struct Hooks {
        std::function<void(const std::string& region)> stream_missing;  // from the pacing thread: must return at once
        std::function<void()> regions_changed;                          // from the feeding thread: must return at once
    };

    // `owner` names this process among all that use the database. Everything given must outlive the scheduler. Of `pool` it uses
    // one connection at a time.
    Scheduler(const SchedulerConfig& config, db::Pool& pool, const crypto::SecretBox& secrets, Secret dsn, bus::Bus& bus,
              metrics::Registry& metrics, std::string owner, Hooks hooks);
    // Without `stop` before, it ends as a crash would: nothing is handed over, and others take the shares when the leases expire.
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    // Needs neither the database nor the bus to be there yet.
    void start();
    // Hands the shares over, so that others go on within a second or two. Takes up to the drain time and a few statements.
    void stop();

    // What keeps it from working, or nothing; for readiness. Thread-safe.
    [[nodiscard]] std::string trouble() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::scheduler

// Tells the servers of the bus which agents' keys they are to refuse, again and again: who joined is let in by the servers on their own, who is
// revoked is cut off.
#pragma once

#include <memory>
#include <string>

#include "lib/admission/keys.h"
#include "lib/bus/bus.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::gate {

struct GatekeeperOptions {
    std::string owner;                 // names this process among all that use the database
    milliseconds every{5'000};         // and at once when a key is revoked
    milliseconds answer_within{3'000};
};

// What is told is the state in the database, whole, by the control plane that holds the lease `task/admission`: one that dies between the
// database and the bus is followed by another, and what a paused one says too late is put right within `every`. One thread; a connection to the
// servers' own account; of `pool` one connection at a time.
// Metrics: sonde_admission_told_total{outcome}, sonde_admission_told_last_time_seconds, sonde_admission_untold.
class Gatekeeper {
public:
    // `bus` says where the servers are; who we are to them follows from the keys. References must outlive it.
    Gatekeeper(GatekeeperOptions options, const admission::BusKeys& keys, bus::Options bus, Secret dsn, db::Pool& pool, metrics::Registry& metrics);
    ~Gatekeeper();  // as `stop`
    Gatekeeper(const Gatekeeper&) = delete;
    Gatekeeper& operator=(const Gatekeeper&) = delete;

    void start();
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::gate

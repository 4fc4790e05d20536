// Hears the agents' signs of life, answers them, and keeps the table `agent`.
#pragma once

#include <memory>
#include <string>

#include "controlplane/presence/options.h"
#include "lib/bus/bus.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::presence {

// Every control plane hears everything and answers at once, whatever the database does; who answers first, wins. The table is
// written once a period, with the database's clock; the region, and of those that joined the agent, is that of the subject, which the server's permissions
// protect. One that joined keeps the name that the table has.
// What is malformed is counted, logged at most once a minute and copied to sonde.v1.parked.controlplane.
class Presence {
public:
    // References must outlive it. Of `pool` it uses one connection at a time, on its own thread.
    Presence(const PresenceOptions& options, bus::Bus& bus, db::Pool& pool, metrics::Registry& metrics);
    ~Presence();  // as `stop`
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

    void start();
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::presence

// Keeps the streams and consumers there and delivering. What a stream held is made again by later slots, or comes again.
#pragma once

#include <memory>
#include <string>

#include "controlplane/watchdog/options.h"
#include "lib/bus/bus.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::watchdog {

// Every control plane ensures that everything exists: the streams of each region, results, events and parked. What is found stuck
// is made anew by the one that holds the lease `task/watchdog`. Stuck job queues get a new consumer, then a new stream; stuck
// consumers of results a new consumer only, for what is in that stream is kept. The same one removes the streams of regions that
// are no more. One thread; blocks on bus and database.
class Watchdog {
public:
    // `owner` names this process among all that use the database. References must outlive it. Uses one connection at a time.
    Watchdog(const WatchdogOptions& options, bus::Bus& bus, db::Pool& pool, metrics::Registry& metrics, std::string owner);
    ~Watchdog();  // as `stop`
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void start();
    void stop();

    // Looks at everything at once, for regions have come or a stream is missing. Thread-safe, returns at once.
    void nudge();

    // What keeps it from working, or nothing; for readiness. Thread-safe.
    [[nodiscard]] std::string trouble() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::watchdog

// Fire drills: when one is due its monitor fails on command, and the page that comes of it is followed until its receiver has taken it.
#pragma once

#include <memory>
#include <string>

#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::drill {

// By the control plane that holds the lease `task/drills`; one round is one transaction, so that whoever comes after goes on where it stood.
// One thread. Metrics: sonde_drill_runs_total{outcome}, sonde_drill_page_seconds.
class Drills {
public:
    // `owner` names this process among all that use the database. References must outlive it.
    Drills(db::Pool& pool, metrics::Registry& metrics, std::string owner);
    ~Drills();  // as `stop`
    Drills(const Drills&) = delete;
    Drills& operator=(const Drills&) = delete;

    void start();
    void stop();  // returns once the round under way is done

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::drill

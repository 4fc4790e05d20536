// Removes rows that are older than they are to be kept, and has the past worked on (controlplane/history).
#pragma once

#include <memory>
#include <string>

#include "controlplane/housekeeping/options.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::housekeeping {

// At the start and every hour, by the control plane that holds the lease `task/housekeeping`; the others try again after a minute.
// Rows go in small parts, each in a fenced transaction of its own. One thread, and the historian's; they block on the database.
class Housekeeping {
public:
    // `owner` names this process among all that use the database. References must outlive it. Uses two connections at a time.
    Housekeeping(const HousekeepingOptions& options, db::Pool& pool, metrics::Registry& metrics, const std::string& owner);
    ~Housekeeping();  // as `stop`
    Housekeeping(const Housekeeping&) = delete;
    Housekeeping& operator=(const Housekeeping&) = delete;

    void start();
    void stop();  // returns once the part under way is done

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::housekeeping

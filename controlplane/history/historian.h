// Keeps the past small and true: closes the account of slots, rolls results up, packs days that are over, drops what is old.
#pragma once

#include <memory>
#include <string>

#include "controlplane/history/options.h"
#include "lib/db/db.h"
#include "lib/metrics/metrics.h"

namespace sonde::history {

// On one thread, by the control plane that holds the lease `task/history`. Works in small parts, each a fenced transaction of its own, and rests
// as long after a part as the part took, so that catching up takes no more than half of one of the database's processors.
class Historian {
public:
    // `owner` names this process among all that use the database. References must outlive it. Uses one connection at a time.
    Historian(const HistoryOptions& options, db::Pool& pool, metrics::Registry& metrics, std::string owner);
    ~Historian();  // as `stop`
    Historian(const Historian&) = delete;
    Historian& operator=(const Historian&) = delete;

    void start();
    void stop();  // returns once the part under way is done

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sonde::history

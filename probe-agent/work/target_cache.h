// Parsed specs, kept from slot to slot.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "lib/message/job.h"
#include "probe-agent/probe/target.h"

namespace sonde::agent {

// The least recently used go first when it is full. A spec is known by monitor, revision, its very text and its secrets: a database that was
// restored from a backup may use a revision again for something else. Not thread-safe.
class TargetCache {
public:
    explicit TargetCache(std::size_t capacity) : capacity_(capacity) {}

    // The target of a job, parsed if need be; an error says why it cannot be run, and is not kept.
    Result<std::shared_ptr<const Target>> find(const message::Job& job);
    // Notes whether a monitor is well here, and says whether it was before; true for one that is not known.
    bool exchange_well(MonitorId monitor, bool well);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        MonitorId monitor;
        int revision = 0;
        std::size_t text_hash = 0;
        std::shared_ptr<const Target> target;
        bool well = true;
    };
    std::size_t capacity_;
    std::list<Entry> entries_;  // most recently used first
    std::unordered_map<MonitorId, std::list<Entry>::iterator> index_;
};

}  // namespace sonde::agent

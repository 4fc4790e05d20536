// Parsed specs, kept from slot to slot.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "lib/message/job.h"
#include "probe-agent/probe/target.h"

namespace sonde::agent {

// A spec is known by monitor, revision, its very text and its secrets: a database that was restored from a backup may use a revision again for something else. When it is full, what
// nobody has asked for in a long while goes; if all are in use, those that have no place are parsed each time, for monitors come in turn, and to exchange them would keep none until its
// next turn. Not thread-safe.
class TargetCache {
public:
    explicit TargetCache(std::size_t capacity) : capacity_(capacity) {}

    // The target of a job, parsed if need be; an error says why it cannot be run, and is not kept.
    Result<std::shared_ptr<const Target>> find(const message::Job& job);
    // Notes whether a monitor is well here, and says whether it was before; true for one of which that is not known. Known of all, whether their specs are kept or not.
    bool exchange_well(MonitorId monitor, bool well);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        MonitorId monitor;
        int revision = 0;
        std::size_t text_hash = 0;
        std::shared_ptr<const Target> target;
        std::uint64_t asked = 0;  // by the count of questions
    };
    void keep(const message::Job& job, std::size_t text_hash, const std::shared_ptr<const Target>& target);

    std::size_t capacity_;
    std::list<Entry> entries_;  // most recently used first
    std::unordered_map<MonitorId, std::list<Entry>::iterator> index_;
    std::uint64_t questions_ = 0;
    std::unordered_set<MonitorId> ill_;
};

}  // namespace sonde::agent

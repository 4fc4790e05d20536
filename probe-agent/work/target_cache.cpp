#include "probe-agent/work/target_cache.h"

#include <functional>

namespace sonde::agent {
namespace {

std::size_t hash_of(const message::Job& job) {
    const std::hash<std::string> hash;
    auto sum = hash(job.spec);
    for (const auto& [name, value] : job.secrets) sum = sum * 31 + hash(name) * 7 + hash(value.reveal());
    return sum;
}

}  // namespace

Result<std::shared_ptr<const Target>> TargetCache::find(const message::Job& job) {
    const auto text_hash = hash_of(job);
    const auto known = index_.find(job.monitor);
    if (known != index_.end()) {
        const auto entry = known->second;
        if (entry->revision == job.revision && entry->text_hash == text_hash) {
            entries_.splice(entries_.begin(), entries_, entry);
            return entry->target;
        }
    }
    auto target = read_target(job.kind, job.spec, job.secrets);
    if (!target) return target;
    if (known != index_.end()) {
        entries_.erase(known->second);
        index_.erase(known);
    }
    entries_.push_front({job.monitor, job.revision, text_hash, *target, true});
    index_[job.monitor] = entries_.begin();
    if (entries_.size() > capacity_) {
        index_.erase(entries_.back().monitor);
        entries_.pop_back();
    }
    return target;
}

bool TargetCache::exchange_well(MonitorId monitor, bool well) {
    const auto known = index_.find(monitor);
    return known == index_.end() || std::exchange(known->second->well, well);
}

}  // namespace sonde::agent

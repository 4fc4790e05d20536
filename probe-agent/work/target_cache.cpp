#include "probe-agent/work/target_cache.h"

#include <functional>

namespace sonde::agent {
namespace {

// Questions, for each place, after which nobody is taken to ask again: so many times as many monitors as places may come in turn.
constexpr std::uint64_t kTurns = 16;
constexpr std::size_t kMostIll = 1'000'000;  // beyond, that is not known of any

std::size_t hash_of(const message::Job& job) {
    const std::hash<std::string> hash;
    auto sum = hash(job.spec);
    for (const auto& [name, value] : job.secrets) sum = sum * 31 + hash(name) * 7 + hash(value.reveal());
    return sum;
}

}  // namespace

Result<std::shared_ptr<const Target>> TargetCache::find(const message::Job& job) {
    ++questions_;
    const auto text_hash = hash_of(job);
    const auto known = index_.find(job.monitor);
    if (known != index_.end()) {
        const auto entry = known->second;
        if (entry->revision == job.revision && entry->text_hash == text_hash) {
            entry->asked = questions_;
            entries_.splice(entries_.begin(), entries_, entry);
            return entry->target;
        }
        ill_.erase(job.monitor);  // of another spec
    }
    auto target = read_target(job.kind, job.spec, job.secrets);
    if (!target) return target;
    if (known != index_.end()) {
        entries_.erase(known->second);
        index_.erase(known);
    }
    keep(job, text_hash, *target);
    return target;
}

void TargetCache::keep(const message::Job& job, std::size_t text_hash, const std::shared_ptr<const Target>& target) {
    if (entries_.size() >= capacity_) {
        if (entries_.empty() || questions_ - entries_.back().asked < kTurns * capacity_) return;
        index_.erase(entries_.back().monitor);
        entries_.pop_back();
    }
    entries_.push_front({job.monitor, job.revision, text_hash, target, questions_});
    index_[job.monitor] = entries_.begin();
}

bool TargetCache::exchange_well(MonitorId monitor, bool well) {
    if (well) return ill_.erase(monitor) == 0;
    if (ill_.size() >= kMostIll) ill_.clear();
    return ill_.insert(monitor).second;
}

}  // namespace sonde::agent

#include "controlplane/scheduler/roster.h"

#include <algorithm>
#include <utility>

namespace sonde::scheduler {

namespace {
constexpr std::uint32_t kGenerations = 1U << 24U;
}

Roster::Roster() { intern({}); }

RegionIndex Roster::index_of(const std::string& name) {
    const auto [found, added] = indices_.try_emplace(name, static_cast<RegionIndex>(names_.size()));
    if (added) {
        names_.push_back(name);
        exists_.push_back(false);
    }
    return found->second;
}

void Roster::resolve(RegionSet& set) {
    set.existing.clear();
    if (set.names.empty()) {
        for (const auto& [name, index] : indices_) {
            if (exists_[index]) set.existing.push_back(index);
        }
        return;
    }
    for (const auto& name : set.names) {
        const auto found = indices_.find(name);
        if (found != indices_.end() && exists_[found->second]) set.existing.push_back(found->second);
    }
}

void Roster::set_regions(const std::vector<std::string>& names) {
    exists_.assign(exists_.size(), false);
    for (const auto& name : names) {
        const auto index = index_of(name);
        exists_[index] = true;
    }
    for (auto& set : sets_) resolve(set);
}

RegionSetIndex Roster::intern(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const auto [found, added] = set_indices_.try_emplace(names, static_cast<RegionSetIndex>(sets_.size()));
    if (added) {
        sets_.push_back({std::move(names), {}});
        resolve(sets_.back());
    }
    return found->second;
}

Place Roster::put(Definition definition) {
    const auto [found, added] = by_id_.try_emplace(definition.id, Place{0});
    if (added) {
        if (free_.empty()) {
            free_.push_back(static_cast<Place>(places_.size()));
            places_.emplace_back();
        }
        found->second = free_.back();
        free_.pop_back();
        places_[found->second].next = Slot{};
    }
    auto& monitor = places_[found->second];
    monitor.id = definition.id;
    monitor.timing = definition.timing;
    monitor.job = std::move(definition.job);
    monitor.revision = definition.revision;
    monitor.regions = intern(std::move(definition.regions));
    monitor.share = static_cast<std::uint8_t>(definition.share);
    monitor.timeout_class = timeout_class(definition.timeout);
    monitor.placement = definition.placement;
    monitor.present = true;
    return found->second;
}

void Roster::remove(Place place) {
    auto& monitor = places_[place];
    by_id_.erase(monitor.id);
    const auto generation = (monitor.generation + 1) % kGenerations;
    monitor = Monitor{};
    monitor.generation = generation;
    free_.push_back(place);
}

const Place* Roster::find(MonitorId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

const Monitor* Roster::find(const JobRef& job) const {
    const auto& monitor = places_[job.monitor];
    return monitor.present && monitor.generation == job.generation ? &monitor : nullptr;
}

std::vector<Place> Roster::of_share(int share) const {
    std::vector<Place> found;
    for (Place place = 0; place < places_.size(); ++place) {
        if (places_[place].present && places_[place].share == share) found.push_back(place);
    }
    return found;
}

}  // namespace sonde::scheduler

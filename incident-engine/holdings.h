// What the worker keeps in memory of the shards it owns. Owned and touched by the worker's thread alone.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/decision/decide.h"
#include "lib/decision/incident.h"
#include "lib/message/subject.h"

namespace sonde::engine {

// A monitor as defined and as decided on last.
struct Watched {
    decision::Definition definition;
    decision::MonitorState state;
    int shard = 0;
    bool stored = false;              // has a row in monitor_state
    std::optional<TimePoint> armed;   // its entry in the timers; earlier than or at its next tick
};

struct Site {
    std::string name;
    int shard = 0;
    std::array<std::optional<decision::Incident>, 2> open;  // by scope
};

struct Region {
    std::string name;
    std::string domain;
};

// The regions of the table; where pings come from goes by number and name like one, and is none of `all`.
class Regions {
public:
    void put(decision::RegionId id, Region region) {
        ids_[region.name] = id;
        by_id_[id] = std::move(region);
    }
    void clear() {
        ids_.clear();
        by_id_.clear();
    }
    [[nodiscard]] std::optional<decision::RegionId> id_of(std::string_view name) const {
        if (name == message::subject::push_region) return decision::kPushRegion;
        const auto found = ids_.find(std::string(name));
        if (found == ids_.end()) return std::nullopt;
        return found->second;
    }
    // Of a region that is gone: `region-<id>`.
    [[nodiscard]] std::string name_of(decision::RegionId id) const {
        if (id == decision::kPushRegion) return std::string(message::subject::push_region);
        const auto found = by_id_.find(id);
        return found != by_id_.end() ? found->second.name : "region-" + std::to_string(static_cast<int>(id));
    }
    [[nodiscard]] std::vector<std::string> names_of(const std::vector<decision::RegionId>& ids) const {
        std::vector<std::string> names;
        names.reserve(ids.size());
        for (const auto id : ids) names.push_back(name_of(id));
        return names;
    }
    [[nodiscard]] const std::unordered_map<decision::RegionId, Region>& all() const { return by_id_; }

private:
    std::unordered_map<decision::RegionId, Region> by_id_;
    std::unordered_map<std::string, decision::RegionId> ids_;
};

struct Holdings {
    std::unordered_map<MonitorId, Watched> monitors;
    std::unordered_map<SiteId, Site> sites;
    Regions regions;

    // Forgets everything of `shard`.
    void drop(int shard) {
        std::erase_if(monitors, [&](const auto& entry) { return entry.second.shard == shard; });
        std::erase_if(sites, [&](const auto& entry) { return entry.second.shard == shard; });
    }
};

}  // namespace sonde::engine

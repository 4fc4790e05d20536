// What the worker keeps in memory of the shards it owns. Owned and touched by the worker's thread alone.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "incident-engine/relations.h"
#include "incident-engine/watched.h"
#include "lib/decision/incident.h"
#include "lib/message/subject.h"

namespace sonde::engine {

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
    [[nodiscard]] const std::unordered_map<decision::RegionId, Region>& all() const { return by_id_; }

private:
    std::unordered_map<decision::RegionId, Region> by_id_;
    std::unordered_map<std::string, decision::RegionId> ids_;
};

struct Holdings {
    std::unordered_map<MonitorId, Watched> monitors;
    std::unordered_map<SiteId, Site> sites;
    Regions regions;
    Relations relations;
    std::unordered_set<MonitorId> muted;     // those of ours with a failure that is withheld because of others
    std::unordered_set<MonitorId> doubting;  // of those, the ones that wait for what becomes of a parent

    // Whether something is withheld of it that other monitors decide on: in maintenance, nobody's state makes a difference.
    static bool withholds(const decision::MonitorState& state) {
        const auto depends = [](const std::optional<decision::Withheld>& one) { return one && one->by != decision::Cover::maintenance; };
        return depends(state.muting.outage) || depends(state.muting.warning);
    }
    static bool doubts(const decision::MonitorState& state) {
        const auto waits = [](const std::optional<decision::Withheld>& one) { return one && one->by == decision::Cover::doubt; };
        return waits(state.muting.outage) || waits(state.muting.warning);
    }
    void note_muting(MonitorId monitor, const decision::MonitorState& state) {
        const auto put = [&](std::unordered_set<MonitorId>& set, bool in) {
            if (in) set.insert(monitor);
            else if (!set.empty()) set.erase(monitor);
        };
        put(muted, withholds(state));
        put(doubting, doubts(state));
    }

    // Forgets everything of `shard`.
    void drop(int shard) {
        for (auto* set : {&muted, &doubting}) {
            std::erase_if(*set, [&](MonitorId monitor) {
                const auto found = monitors.find(monitor);
                return found == monitors.end() || found->second.shard == shard;
            });
        }
        std::erase_if(monitors, [&](const auto& entry) { return entry.second.shard == shard; });
        std::erase_if(sites, [&](const auto& entry) { return entry.second.shard == shard; });
    }
};

}  // namespace sonde::engine

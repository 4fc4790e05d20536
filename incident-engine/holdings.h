// What the worker keeps in memory of the shards it owns. Owned and touched by the worker's thread alone.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "incident-engine/relations.h"
#include "incident-engine/watched.h"
#include "lib/base/shard.h"
#include "lib/decision/arbitration.h"
#include "lib/decision/expiry.h"
#include "lib/decision/incident.h"
#include "lib/message/subject.h"

namespace sonde::engine {

struct Site {
    std::string name;
    int shard = 0;
    std::array<std::unique_ptr<const decision::Incident>, 2> open;  // by scope; null where there is none, as nearly everywhere
};

struct Region {
    std::string name;
    std::string domain;
    std::vector<MonitorId> anchors = {};
    decision::RegionCase health = {};
};

// The regions of the table; where pings come from goes by number and name like one, and is none of `all`.
class Regions {
public:
    void put(decision::RegionId id, Region region) {
        ids_[region.name] = id;
        note_health(id, region.health);
        by_id_[id] = std::move(region);
    }
    void clear() {
        ids_.clear();
        by_id_.clear();
        ill_.clear();
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
    void set_health(decision::RegionId id, const decision::RegionCase& health) {
        const auto found = by_id_.find(id);
        if (found == by_id_.end()) return;
        found->second.health = health;
        note_health(id, health);
    }
    [[nodiscard]] const std::vector<decision::IllRegion>& ill() const { return ill_; }

    // How long an outage that one domain alone sees waits for the judgement of its regions; 0 where nobody judges.
    milliseconds hold{0};
    // The same, and 0 where there is nothing to judge a region by: no other one, and no anchors.
    [[nodiscard]] milliseconds hold_now() const {
        const bool judgeable = by_id_.size() > 1 || std::any_of(by_id_.begin(), by_id_.end(), [](const auto& entry) { return !entry.second.anchors.empty(); });
        return judgeable ? hold : milliseconds{0};
    }

private:
    void note_health(decision::RegionId id, const decision::RegionCase& health) {
        std::erase_if(ill_, [id](const decision::IllRegion& region) { return region.id == id; });
        if (health.health == decision::Health::quarantined) ill_.push_back({id, health.doubtful_since});
    }

    std::vector<decision::IllRegion> ill_;
    std::unordered_map<decision::RegionId, Region> by_id_;
    std::unordered_map<std::string, decision::RegionId> ids_;
};

struct Holdings {
    std::unordered_map<MonitorId, Watched> monitors;
    std::unordered_map<SiteId, Site> sites;
    Regions regions;
    std::unordered_set<MonitorId> failing;   // with votes that are not up
    std::unordered_set<MonitorId> held;      // with an outage that waits for the judgement of a region
    std::unordered_map<MonitorId, std::vector<decision::ExpiryTold>> expiries;  // that were told and have not ended
    Relations relations;
    std::unordered_set<MonitorId> muted;     // those of ours with a failure that is withheld because of others
    std::unordered_set<MonitorId> doubting;  // of those, the ones that wait for what becomes of a parent

    // Whether something is withheld of it that other monitors decide on: in maintenance, nobody's state makes a difference.
    static bool withholds(const decision::MonitorState& state) {
        const auto depends = [](const std::optional<decision::Withheld>& one) { return one && one->by != decision::Cover::maintenance; };
        return depends(state.muting->outage) || depends(state.muting->warning);
    }
    static bool doubts(const decision::MonitorState& state) {
        const auto waits = [](const std::optional<decision::Withheld>& one) { return one && one->by == decision::Cover::doubt; };
        return waits(state.muting->outage) || waits(state.muting->warning);
    }

    // After every change of a monitor's state.
    void note(const Watched& watched) {
        const auto monitor = watched.definition.monitor;
        const auto& state = watched.state;
        bool fails = false;
        for (const auto& vote : state.votes) fails = fails || vote.verdict != check::Verdict::up;
        put(failing, monitor, fails && !watched.definition.heartbeat);
        put(held, monitor, state.suspicion && state.suspicion->held_since);
        put(muted, monitor, withholds(state));
        put(doubting, monitor, doubts(state));
    }
    void forget(MonitorId monitor) {
        monitors.erase(monitor);
        expiries.erase(monitor);
        for (auto* set : {&failing, &held, &muted, &doubting}) set->erase(monitor);
    }

    // Forgets everything of `shard`.
    void drop(int shard) {
        for (auto entry = monitors.begin(); entry != monitors.end();) {
            if (entry->second.shard != shard) {
                ++entry;
                continue;
            }
            for (auto* set : {&failing, &held, &muted, &doubting}) set->erase(entry->first);
            expiries.erase(entry->first);
            entry = monitors.erase(entry);
        }
        std::erase_if(sites, [&](const auto& entry) { return entry.second.shard == shard; });
        std::erase_if(relations.groups, [&](const auto& entry) {
            const auto* group = relations.graph.group(entry.first);
            return group == nullptr || shard_of(group->site) == shard;
        });
    }

private:
    static void put(std::unordered_set<MonitorId>& set, MonitorId monitor, bool belongs) {
        if (belongs) {
            set.insert(monitor);
        } else if (!set.empty()) {
            set.erase(monitor);
        }
    }
};

}  // namespace sonde::engine

// Which shards an engine owns, and what it has in memory of them: as incident-engine/jurisdiction.cpp and catalog.cpp.
#include <algorithm>
#include <utility>

#include "simulation/engine.h"
#include "simulation/referee.h"

namespace sonde::simulation {
namespace {

constexpr milliseconds kLease{4000};
constexpr milliseconds kPoll{1000};
constexpr milliseconds kHold{15'000};

std::string shard_lease(int shard) { return fmt::format("shard/{}", shard); }

}  // namespace

std::vector<Lease> Engine::leases() const {
    std::vector<Lease> made;
    for (const auto& [shard, epoch] : held_) made.push_back({shard_lease(shard), epoch});
    return made;
}

void Engine::keep() {
    if (now() >= next_renewal_) renew();
    if (distrusted_) {
        to_load_.clear();
        for (const auto& [shard, epoch] : held_) to_load_.push_back(shard);
        // What the batch knows beside its messages came from memory that is about to go.
        batch_.reread.clear();
        batch_.due.clear();
        following_ = false;
        distrusted_ = false;
    }
    if (!to_load_.empty()) load();
    if (following_ && now() >= next_look_) follow_changes();
    if (following_ && to_load_.empty()) keep_relations();
    look_at_windows();
}

void Engine::renew() {
    auto& database = world_.database;
    database.hold(*this, owner_, {"engine/" + owner_}, 1, kLease);
    const auto engines = std::max(1, database.live("engine/"));
    std::vector<std::string> names;
    for (int shard = 0; shard < kShards; ++shard) names.push_back(shard_lease(shard));
    const auto now_held = database.hold(*this, owner_, names, static_cast<std::size_t>((kShards + engines - 1) / engines), kLease);
    next_renewal_ = now() + kLease / 4;

    std::map<int, std::int64_t> held;
    for (const auto& lease : now_held) held[std::stoi(lease.name.substr(6))] = lease.epoch;
    for (const auto& [shard, epoch] : std::map(held_)) {
        const auto still = held.find(shard);
        if (still == held.end() || still->second != epoch) drop(shard);
    }
    for (const auto& [shard, epoch] : held) {
        if (held_.emplace(shard, epoch).second) to_load_.push_back(shard);
    }
}

void Engine::drop(int shard) {
    world_.trace.line(name(), "lost shard {}", shard);
    held_.erase(shard);
    world_.bus.unsubscribe(*this, fmt::format("results.{}", shard));
    std::erase(to_load_, shard);
    holdings_.drop(shard);
    relations_changed_ = true;
    const auto give_back = [&](const Message& message) {
        if (message.shard != shard) return false;
        world_.bus.not_now("core", message.delivered);
        return true;
    };
    std::erase_if(inbox_, give_back);
    std::erase_if(batch_.messages, give_back);
    const auto gone = [&](MonitorId monitor) { return !holdings_.monitors.contains(monitor); };
    std::erase_if(batch_.reread, gone);
    std::erase_if(batch_.due, gone);
}

decision::Definition Engine::definition_of(const MonitorRow& row) const {
    decision::Definition definition;
    definition.monitor = row.planned.id;
    definition.site = row.planned.site;
    definition.name = row.planned.name;
    definition.site_name = "site";
    definition.policy = row.planned.policy;
    definition.interval = row.planned.interval;
    definition.timeout = row.planned.timeout;
    definition.rotates = row.planned.rotates;
    definition.spec_hash = row.spec;
    definition.revision = row.version;
    definition.activity = row.deleted ? decision::Activity::deleted : row.paused ? decision::Activity::paused : decision::Activity::active;
    const auto& names = row.planned.regions;
    for (std::size_t i = 0; i < world_.plan.regions.size(); ++i) {
        const auto& region = world_.plan.regions[i];
        if (!names.empty() && std::find(names.begin(), names.end(), region.name) == names.end()) continue;
        definition.voters.push_back({static_cast<decision::RegionId>(i + 1), region.name, region.domain, 0});
    }
    definition.hold = holdings_.regions.hold_now();
    decision::weigh_voters(definition, holdings_.regions.ill());
    return definition;
}

void Engine::put_definition(const MonitorRow& row) {
    const int shard = shard_of(row.planned.site);
    if (!held_.contains(shard)) return;
    auto found = holdings_.monitors.find(row.planned.id);
    if (found == holdings_.monitors.end()) {
        if (row.deleted) return;
        found = holdings_.monitors.emplace(row.planned.id, engine::Watched{}).first;
        found->second.state = decision::first_state(clock_.now());
        found->second.shard = shard;
    }
    auto definition = definition_of(row);
    decision::follows(definition, found->second.definition, clock_.now());
    found->second.definition = std::move(definition);
    auto& site = holdings_.sites[row.planned.site];
    site.name = "site";
    site.shard = shard;
    batch_.reread.push_back(row.planned.id);
}

void Engine::load() {
    auto& database = world_.database;
    database.reach(*this);
    holdings_.regions.clear();
    for (std::size_t i = 0; i < world_.plan.regions.size(); ++i) {
        holdings_.regions.put(static_cast<decision::RegionId>(i + 1), {world_.plan.regions[i].name, world_.plan.regions[i].domain, world_.plan.regions[i].anchors, database.region_health[i]});
    }
    holdings_.regions.hold = world_.plan.arbitrated ? kHold : milliseconds{0};
    if (!following_) {
        change_ = database.last_change();
        footing_ = database.footings.size();
        radius_change_ = database.radius_changes;
        region_edge_ = database.region_edges.size();
    }
    following_ = true;
    next_look_ = now() + kPoll;
    for (const auto shard : to_load_) {
        holdings_.drop(shard);
        for (const auto& row : database.monitors) {
            if (shard_of(row.planned.site) != shard) continue;
            const auto stored = database.states.find(row.planned.id);
            if (row.deleted && stored == database.states.end()) continue;
            auto watched = this->stored(row);
            holdings_.note(watched);
            holdings_.monitors.insert_or_assign(row.planned.id, std::move(watched));
            auto& site = holdings_.sites[row.planned.site];
            site.name = "site";
            site.shard = shard;
            batch_.reread.push_back(row.planned.id);
        }
        load_incidents(shard);
        listening_since_[static_cast<std::size_t>(shard)] = now();
        world_.trace.line(name(), "loaded shard {}", shard);
        world_.bus.subscribe(*this, "core", fmt::format("results.{}", shard), [this, shard](Delivered delivered) { received(shard, std::move(delivered)); });
    }
    load_windows();
    load_relations();
    batch_.look = batch_.radius = true;
    for (const auto monitor : batch_.reread) arm(monitor);
    to_load_.clear();
}

void Engine::load_incidents(int shard) {
    for (const auto& [id, incident] : world_.database.incidents) {
        if (incident.state == decision::IncidentState::resolved || shard_of(incident.site) != shard) continue;
        auto& site = holdings_.sites[incident.site];
        site.shard = shard;
        site.open[static_cast<std::size_t>(incident.scope)] = std::make_unique<const decision::Incident>(incident);
        for (const auto& member : incident.members) {
            if (member.left_at || member.is_group) continue;
            const auto watched = holdings_.monitors.find(member.monitor);
            if (watched == holdings_.monitors.end()) {
                world_.referee.broke("orphan", "a monitor is in an open incident, and not to be found");
            } else {
                (incident.scope == decision::Scope::outage ? watched->second.state.in_outage : watched->second.state.in_warning) = true;
            }
        }
    }
}

void Engine::follow_changes() {
    world_.database.reach(*this);
    next_look_ = now() + kPoll;
    read_health();
    if (window_edit_ != world_.database.window_edits) {
        load_windows();
        batch_.look = true;
    }
    radius_changed_ = radius_changed_ || std::exchange(radius_change_, world_.database.radius_changes) != world_.database.radius_changes;
    const auto changed = world_.database.changes_since(change_);
    for (const auto index : changed) put_definition(world_.database.monitors[index]);
    auto& relations = holdings_.relations;
    if (!changed.empty()) {
        relations_changed_ = relations_changed_ || !relations.graph.empty();
        batch_.look = batch_.look || !relations.empty();
    }
    for (; footing_ < world_.database.footings.size(); ++footing_) remote_changed_ = remote_changed_ || relations.remote.contains(world_.database.footings[footing_]);
}

// Definitions of monitors that are not held, or in an earlier revision than a result is of.
void Engine::look_up_strangers() {
    for (const auto& message : batch_.messages) {
        for (const auto& result : message.batch.results) {
            const auto held = holdings_.monitors.find(result.monitor);
            if (held != holdings_.monitors.end() && held->second.definition.revision >= result.revision) continue;
            for (const auto& row : world_.database.monitors) {
                if (row.planned.id == result.monitor) put_definition(row);
            }
        }
    }
}

}  // namespace sonde::simulation

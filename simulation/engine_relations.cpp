// What stands between monitors, in an engine's memory: as incident-engine/relations_store.cpp and jurisdiction.cpp.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/engine.h"
#include "simulation/referee.h"

namespace sonde::simulation {
namespace {

constexpr milliseconds kRefreshEvery{200};
constexpr milliseconds kRadiusEvery{1000};

}  // namespace

void Engine::load_windows() {
    auto& relations = holdings_.relations;
    relations.windows.clear();
    window_edit_ = world_.database.window_edits;
    for (std::size_t i = 0; i < world_.plan.windows.size(); ++i) {
        const auto& planned = world_.plan.windows[i];
        const auto& version = planned.versions[world_.database.window_versions[i]];
        if (version.deleted) continue;
        maintenance::Draft draft;
        draft.title = "window";
        draft.starts_at = version.from;
        if (version.every.count() == 0) {
            draft.ends_at = version.to;
        } else {
            draft.rrule = fmt::format("FREQ=MINUTELY;INTERVAL={};COUNT={}", version.every / std::chrono::minutes{1}, version.times);
            draft.duration = version.to - version.from;
        }
        auto plan = maintenance::Plan::of(draft);
        if (!plan) {
            world_.referee.broke("unreadable", "a window cannot be read");
            continue;
        }
        relations.windows.push_back({.id = planned.id, .title = draft.title, .targets = {planned.sites, planned.monitors, {}}, .plan = *std::move(plan), .ends = {}});
    }
    relations.open.look(relations.windows, clock_.now());
}

// Also between reading and deciding: decisions of one batch are taken by the windows of its own instant.
void Engine::look_at_windows() {
    auto& relations = holdings_.relations;
    if (relations.windows.empty() || !relations.open.outdated(clock_.now())) return;
    relations.open.look(relations.windows, clock_.now());
    batch_.look = true;
}

// A monitor as the database has it.
engine::Watched Engine::stored(const MonitorRow& row) const {
    engine::Watched watched;
    watched.definition = definition_of(row);
    watched.shard = shard_of(row.planned.site);
    watched.state = decision::first_state(clock_.now());
    const auto found = world_.database.states.find(row.planned.id);
    watched.stored = found != world_.database.states.end();
    if (!watched.stored) return watched;
    if (auto read = decision::read_state(found->second)) {
        watched.state = *std::move(read);
    } else {
        world_.referee.broke("unreadable", "a state that was written cannot be read: " + read.error().message);
    }
    return watched;
}

void Engine::load_relations() {
    const auto& plan = world_.plan;
    const auto& database = world_.database;
    auto& relations = holdings_.relations;
    relations_changed_ = remote_changed_ = false;
    relations.graph.clear();
    relations.groups.clear();
    relations.remote.clear();
    // What is deleted takes its dependencies with it.
    const auto is_gone = [&](decision::Node node) {
        return node.kind == decision::NodeKind::monitor &&
               std::any_of(database.monitors.begin(), database.monitors.end(), [&](const MonitorRow& row) { return row.deleted && row.planned.id.value() == node.id; });
    };
    for (const auto& edge : plan.edges) {
        if (!is_gone(edge.child) && !is_gone(edge.parent)) relations.graph.depends(edge.child, edge.parent);
    }
    if (plan.group) {
        decision::GroupDefinition group;
        group.id = plan.group->id;
        group.site = plan.group->site;
        group.name = "group";
        group.site_name = "site";
        group.needed = plan.group->needed;
        group.pages = plan.group->pages;
        group.quiet_members = plan.group->quiet;
        group.members = plan.group->members;
        if (held_.contains(shard_of(group.site))) {
            engine::HeldGroup held;
            if (const auto found = database.groups.find(group.id); found != database.groups.end()) {
                auto read = decision::read_group_state(found->second);
                if (!read) world_.referee.broke("unreadable", "a group's state that was written cannot be read: " + read.error().message);
                if (read) held.state = *std::move(read);
                held.stored = true;
            }
            const auto site = holdings_.sites.find(group.site);
            const auto* open = site == holdings_.sites.end() || !site->second.open[0] ? nullptr : &*site->second.open[0];
            held.state.in_outage = open != nullptr && open->has(MonitorId{group.id.value()});  // the incident says it
            relations.groups.emplace(group.id, std::move(held));
        }
        relations.graph.put_group(std::move(group));
    }
    if (relations.graph.empty()) return;
    for (const auto& row : database.monitors) {
        if (!row.deleted) relations.graph.place(row.planned.id, row.planned.site);
    }
    std::set<MonitorId> needed;
    for (const auto& [child, parents] : relations.graph.edges()) {
        const bool ours = child.kind == decision::NodeKind::site ? held_.contains(shard_of(SiteId{child.id})) : holdings_.monitors.contains(MonitorId{child.id});
        if (!ours) continue;
        for (const auto monitor : relations.graph.behind(parents)) needed.insert(monitor);
    }
    if (!relations.groups.empty()) needed.insert(plan.group->members.begin(), plan.group->members.end());
    for (const auto& row : database.monitors) {
        if (!row.deleted && needed.contains(row.planned.id) && !holdings_.monitors.contains(row.planned.id)) relations.remote.emplace(row.planned.id, stored(row));
    }
}

void Engine::refresh_remote() {
    auto& remote = holdings_.relations.remote;
    for (const auto& row : world_.database.monitors) {
        const auto held = remote.find(row.planned.id);
        if (held == remote.end()) continue;
        auto there = stored(row);
        auto& watched = held->second;
        if (watched.state == there.state || (!there.stored && watched.state.known == decision::Known::pending)) continue;
        watched.state = std::move(there.state);
        batch_.look = true;
    }
    remote_changed_ = false;
    next_refresh_ = now() + kRefreshEvery;
}

void Engine::keep_relations() {
    if (radius_changed_ && now() >= next_radius_) {
        batch_.radius = true;
        radius_changed_ = false;
        next_radius_ = now() + kRadiusEvery;
    }
    if (relations_changed_) {
        world_.database.reach(*this);
        load_relations();
        batch_.look = true;
    } else if (now() >= next_refresh_ && !holdings_.relations.remote.empty() && (remote_changed_ || !holdings_.doubting.empty())) {
        world_.database.reach(*this);
        refresh_remote();
    }
}

}  // namespace sonde::simulation

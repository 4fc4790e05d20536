// What stands between monitors, in an engine's memory: as incident-engine/relations_store.cpp and jurisdiction.cpp.
#include "simulation/engine.h"
#include "simulation/referee.h"

namespace sonde::simulation {

void Engine::load_windows() {
    auto& relations = holdings_.relations;
    relations.windows.clear();
    for (const auto& planned : world_.plan.windows) {
        maintenance::Draft draft;
        draft.title = "window";
        draft.starts_at = planned.from;
        draft.ends_at = planned.to;
        auto plan = maintenance::Plan::of(draft);
        if (!plan) {
            world_.referee.broke("unreadable", "a window cannot be read");
            continue;
        }
        relations.windows.push_back({.id = planned.id, .title = draft.title, .targets = {planned.sites, planned.monitors, {}}, .plan = *std::move(plan), .ends = {}});
    }
    relations.open.look(relations.windows, now());
}

// Also between reading and deciding: decisions of one batch are taken by the windows of its own instant.
void Engine::look_at_windows() {
    auto& relations = holdings_.relations;
    if (relations.windows.empty() || !relations.open.outdated(now())) return;
    relations.open.look(relations.windows, now());
    batch_.look = true;
}

}  // namespace sonde::simulation

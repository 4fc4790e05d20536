// Slots, results and events: each exactly once, and none forgotten.
#include <algorithm>

#include "controlplane/scheduler/plan.h"
#include "simulation/bounds.h"

namespace sonde::simulation {
namespace {

constexpr milliseconds kEditKnown{4'000};
constexpr milliseconds kOnItsWay{5'000};

// In which of its regions a slot runs: the rule of ARCHITECTURE.md, "Regions of a monitor", in the order of names.
std::vector<std::string> runs_in(const PlannedMonitor& planned, std::vector<std::string> regions, Slot slot) {
    if (!planned.rotates) return regions;
    std::sort(regions.begin(), regions.end());
    const auto number = slot_number(phase_of(planned.id, planned.interval), planned.interval, slot);
    return {regions[static_cast<std::size_t>(number) % regions.size()]};
}

}  // namespace

// While all is calm every slot is checked in every region that is there.
void Bounds::judge_slots(const Segment& segment) {
    const auto from = segment.from + kEditKnown;
    const auto to = segment.to - segment.planned.timeout - kOnItsWay;
    const auto interval = segment.planned.interval;
    for (auto slot = next_slot(phase_of(segment.planned.id, interval), interval, from); slot < to; slot += interval) {
        for (const auto& region : runs_in(segment.planned, segment.regions, slot)) {
            if (segment.lost.contains(region)) continue;
            ++referee_.report().slots;
            if (database_.has_result({segment.planned.id, slot, region, 0})) continue;
            referee_.found(Finding::unaccounted, fmt::format("{} slot {} in {} has no result", segment.planned.name, at(slot), region));
        }
    }
}

void Bounds::judge_ledger() {
    std::map<std::pair<TimePoint, std::string>, std::int64_t> executed;
    for (const auto& key : database_.results()) {
        if (key.attempt == 0) ++executed[{scheduler::minute_of(key.slot), key.region}];
    }
    for (const auto& [key, row] : database_.ledger) {
        if (row.executed != executed[key]) {
            referee_.found(Finding::unaccounted, fmt::format("minute {} in {}: the ledger has {} executed, {} have a result", at(key.first), key.second, row.executed, executed[key]));
        }
    }
    // What is edited changes what is to be expected at an instant of the scheduler's own.
    if (!plan_.edits.empty()) return;
    std::map<std::pair<TimePoint, std::string>, std::int64_t> expected;
    for (const auto& planned : plan_.monitors) {
        const auto share = static_cast<std::size_t>(scheduler_share_of(planned.id));
        if (!database_.cursors[share]) {
            referee_.found(Finding::unaccounted, planned.name + " was never scheduled");
            continue;
        }
        std::vector<std::string> regions;
        for (const auto& region : plan_.regions) {
            if (planned.regions.empty() || std::find(planned.regions.begin(), planned.regions.end(), region.name) != planned.regions.end()) regions.push_back(region.name);
        }
        if (regions.empty()) continue;
        const auto phase = phase_of(planned.id, planned.interval);
        for (auto slot = next_slot(phase, planned.interval, database_.first_cursors[share]); slot <= *database_.cursors[share]; slot += planned.interval) {
            for (const auto& region : runs_in(planned, regions, slot)) ++expected[{scheduler::minute_of(slot), region}];
        }
        if (*database_.cursors[share] < plan_.end - seconds{10}) {
            referee_.found(Finding::unaccounted, fmt::format("the cursor of {}'s share stands at {}", planned.name, at(*database_.cursors[share])));
        }
    }
    for (const auto& [key, row] : database_.ledger) {
        if (row.expected != expected[key]) {
            referee_.found(Finding::unaccounted, fmt::format("minute {} in {}: the ledger expects {}, arithmetic {}", at(key.first), key.second, row.expected, expected[key]));
        }
        if (row.skipped > row.expected) referee_.found(Finding::unaccounted, fmt::format("minute {} in {}: more skipped than expected", at(key.first), key.second));
    }
}

void Bounds::judge_told() {
    struct Told {
        int opened = 0;
        int resolved = 0;
        std::int64_t seq = 0;
    };
    std::map<IncidentId, Told> told;
    for (const auto& event : database_.outbox) {
        if (!event.incident) continue;
        auto& one = told[*event.incident];
        if (event.kind == "incident.opened") ++one.opened;
        if (event.kind == "incident.resolved") ++one.resolved;
        if (event.kind == "incident.resolved" && one.opened == 0) referee_.found(Finding::no_open, "resolved, and never told that it was opened");
        if (one.resolved > 0 && event.kind != "incident.resolved" && event.kind != "incident.commented") referee_.found(Finding::broken, event.kind + " was told after the resolution");
        if (*event.seq <= one.seq) referee_.found(Finding::broken, fmt::format("{} was told with seq {} after {}", event.kind, *event.seq, one.seq));
        one.seq = *event.seq;
    }
    for (const auto& [id, incident] : database_.incidents) {
        const auto& one = told[id];
        if (one.opened != 1) referee_.found(one.opened == 0 ? Finding::no_open : Finding::duplicate, fmt::format("an incident was told to be opened {} times", one.opened));
        if (one.resolved > 1) referee_.found(Finding::duplicate, fmt::format("an incident was told to be resolved {} times", one.resolved));
        if ((incident.state == decision::IncidentState::resolved) != (one.resolved == 1)) referee_.found(Finding::broken, "what was told of an incident is not how it is");
        if (incident.resolved_at && *incident.resolved_at < incident.opened_at) referee_.found(Finding::broken, "resolved before it was opened");
    }
    referee_.report().incidents = database_.incidents.size();
}

// Long after the last fault and the last outage.
void Bounds::judge_rest() {
    for (const auto& [id, incident] : database_.incidents) {
        if (incident.state != decision::IncidentState::resolved) referee_.found(Finding::restless, "still open at the end: " + incident.title);
    }
    for (const auto& row : database_.monitors) {
        const auto stored = database_.states.find(row.planned.id);
        if (row.deleted) {
            if (stored != database_.states.end()) referee_.found(Finding::restless, row.planned.name + " is deleted, and has a state");
            continue;
        }
        if (stored == database_.states.end()) {
            referee_.found(Finding::restless, row.planned.name + " has no state");
            continue;
        }
        const auto state = decision::read_state(stored->second);
        if (!state) continue;
        if (state->shown() != decision::State::up) referee_.found(Finding::restless, fmt::format("{} is {} at the end", row.planned.name, name_of(state->shown())));
        if (state->advisory) referee_.found(Finding::restless, row.planned.name + " has an open advisory at the end");
    }
    for (const auto& [key, row] : database_.suppressed) referee_.found(Finding::restless, referee_.label(row.monitor) + " has a suppression that is open at the end");
    for (const auto& row : database_.commands) {
        if (!row.done) referee_.found(Finding::restless, "a command was never answered");
    }
    for (const auto& key : referee_.vanished()) {
        if (key.slot > plan_.end - seconds{30}) continue;  // under way
        // Results of regions that were edited away, or of monitors that are deleted, are refused.
        const bool refused = std::any_of(plan_.edits.begin(), plan_.edits.end(), [&](const Edit& edit) {
            return plan_.monitors[edit.monitor].id == key.monitor && (edit.kind == EditKind::regions || edit.kind == EditKind::remove);
        });
        if (!refused) referee_.found(Finding::vanished, fmt::format("{} slot {} in {} #{}", referee_.label(key.monitor), at(key.slot), key.region, key.attempt));
    }
}

}  // namespace sonde::simulation

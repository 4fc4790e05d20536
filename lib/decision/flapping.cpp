#include <algorithm>
#include <utility>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

constexpr int kChecksLookedAt = 12;  // of a region, whatever the window

}  // namespace

milliseconds flapping_window(const Definition& definition) {
    return std::max(definition.policy.flapping.window, definition.cadence() * kChecksLookedAt);
}

bool changes_again(Step& step, Known before, Reason reason) {
    auto& state = step.state;
    const auto& policy = step.definition.policy.flapping;
    // What a job says of itself is damped by nothing: each of its runs is one.
    if (before == Known::pending || state.known == Known::pending || step.definition.heartbeat || !policy.enabled) return false;
    const auto crosses = [&](int level) { return (rank(before) >= level) != (rank(state.known) >= level); };
    const bool corrects = reason == Reason::region_quarantined || reason == Reason::votes_recounted;
    bool often = false;
    for (auto [level, changes] : {std::pair{1, &state.flaps.changes}, std::pair{2, &state.flaps.outages}}) {
        std::erase_if(*changes, [&](TimePoint at) { return at + flapping_window(step.definition) <= step.now; });
        if (corrects || !crosses(level)) continue;
        const auto most = static_cast<std::size_t>(policy.changes);
        if (changes->size() >= most) changes->erase(changes->begin(), changes->end() - static_cast<std::ptrdiff_t>(most - 1));
        changes->push_back(step.now);
        often = often || changes->size() >= most;
    }
    if (state.known == Known::up) {
        stop_flapping(step, corrects ? reason : Reason::flapping_calmed);
        return false;
    }
    if (state.flaps.since || rank(state.known) < rank(before) || !often) return false;
    state.flaps.since = step.now;
    return true;
}

void stop_flapping(Step& step, Reason reason) {
    auto& flaps = step.state.flaps;
    if (flaps.since) {
        step.note(NoteKind::transition, step.state.shown(), step.state.shown(), reason);
        if (flaps.told) step.effects.emplace_back(FlappingEnded{reason});
        flaps.changes.clear();
        flaps.outages.clear();
    }
    flaps.since.reset();
    flaps.told = false;
}

void tell_flapping(Step& step) {
    auto& state = step.state;
    if (!state.flaps.since || state.flaps.told || !(state.in_outage || state.in_warning)) return;
    state.flaps.told = true;
    step.effects.emplace_back(FlappingBegan{step.definition.policy.flapping.changes});
}

}  // namespace sonde::decision

#include <algorithm>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

void close(Step& step, Reason reason) {
    auto& state = step.state;
    step.note(NoteKind::advisory, state.shown(), state.shown(), reason);
    step.effects.emplace_back(AdvisoryClosed{*state.advisory, reason});
    state.advisory.reset();
}

bool is_about(const Advisory& advisory, RegionId region) {
    return std::binary_search(advisory.regions.begin(), advisory.regions.end(), region);
}

}  // namespace

std::optional<Reason> advise(Step& step) {
    auto& state = step.state;
    if (!state.covered || step.tally.outcome == Outcome::too_few) return std::nullopt;
    if (state.advisory && state.known == Known::down) {
        close(step, Reason::became_incident);
        return Reason::became_incident;
    }
    if (state.advisory && !anybody_sees_worse(step)) {
        close(step, Reason::nobody_failing);
        return Reason::nobody_failing;
    }
    if (state.muting->advisory_noted && !anybody_sees_worse(step)) state.muting.edit().advisory_noted = false;
    if (state.suspicion || quorum_sees_worse(step)) return std::nullopt;

    Advisory found{step.fresh_id, {}, check::FailureClass::none, step.now};
    int longest = 0;
    std::vector<RegionId> still;  // those it is about already that see it yet
    for (const auto& vote : state.votes) {
        if (!is_worse(step, vote)) continue;
        if (state.advisory && is_about(*state.advisory, vote.region)) still.push_back(vote.region);
        if (vote.failing_slots < step.definition.policy.advisory_after) continue;
        // The region may be found ill; and in the round that brings the recovery the votes of the round before say nothing.
        if (!state.advisory && (step.now - vote.failing_since < step.definition.hold || (step.slot && vote.slot < *step.slot))) continue;
        found.regions.push_back(vote.region);
        if (vote.failing_slots > longest) {
            longest = vote.failing_slots;
            found.cause = vote.cause;
        }
    }
    if (found.regions.empty() && still.empty()) return std::nullopt;
    if (!state.advisory && withholds_advisory(step)) return std::nullopt;
    if (!state.advisory) {
        state.advisory = std::move(found);
        if (state.muting->advisory_noted) state.muting.edit().advisory_noted = false;
        step.note(NoteKind::advisory, state.shown(), state.shown(), Reason::minority_failing);
        step.effects.emplace_back(AdvisoryOpened{*state.advisory});
        return Reason::minority_failing;
    }
    auto& regions = state.advisory->regions;
    std::vector<RegionId> all;
    std::set_union(still.begin(), still.end(), found.regions.begin(), found.regions.end(), std::back_inserter(all));
    if (all == regions) return std::nullopt;
    regions = std::move(all);
    step.note(NoteKind::advisory, state.shown(), state.shown(), Reason::minority_failing);
    step.effects.emplace_back(AdvisoryChanged{*state.advisory});
    return Reason::minority_failing;
}

}  // namespace sonde::decision

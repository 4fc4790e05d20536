#include <algorithm>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

// Something is told of an advisory. True if that was too often.
bool told_again(Step& step) {
    const auto& policy = step.definition.policy.flapping;
    if (!policy.enabled || step.definition.heartbeat) return false;
    auto& at = step.state.advisory_told.edit().at;
    std::erase_if(at, [&](TimePoint before) { return before + flapping_window(step.definition) <= step.now; });
    const auto most = static_cast<std::size_t>(policy.changes);
    if (at.size() >= most) at.erase(at.begin(), at.end() - static_cast<std::ptrdiff_t>(most - 1));
    at.push_back(step.now);
    return at.size() >= most;
}

// It was opened or is about other regions, and that is told.
template <class Effect>
void tell(Step& step) {
    auto& state = step.state;
    const bool flaps_now = told_again(step) && !state.advisory->flapping_since;
    if (flaps_now) state.advisory->flapping_since = step.now;
    step.note(NoteKind::advisory, state.shown(), state.shown(), Reason::minority_failing);
    if (flaps_now) step.note(NoteKind::advisory, state.shown(), state.shown(), Reason::flapping_began);
    step.effects.emplace_back(Effect{*state.advisory});
}

void note_failing(Step& step) {
    auto& state = step.state;
    for (const auto& vote : state.votes) {
        if (is_worse(step, vote) && vote.slot > state.advisory_told->failing) state.advisory_told.edit().failing = vote.slot;
    }
}

// No region has seen a failure for long enough, each of those that are heard of by slots of its own.
bool is_calm(const Step& step) {
    const auto calm = std::max(step.definition.policy.flapping.calm, step.definition.cadence() * step.definition.policy.recovery_rounds);
    return std::all_of(step.state.votes.begin(), step.state.votes.end(), [&](const Vote& vote) {
        if (!is_fresh(vote.taken_at, step.definition, step.now) || !step.definition.counts(vote.region)) return true;
        return vote.slot - step.state.advisory_told->failing >= calm;
    });
}

// What was told long ago makes no difference any more.
void forget_told(Step& step) {
    const auto& told = step.state.advisory_told;
    if (step.state.advisory || told.empty() || told->at.back() + flapping_window(step.definition) > step.now) return;
    step.state.advisory_told = AdvisoryTold{};
}

bool is_about(const Advisory& advisory, RegionId region) {
    return std::binary_search(advisory.regions.begin(), advisory.regions.end(), region);
}

}  // namespace

std::optional<Reason> advise(Step& step) {
    auto& state = step.state;
    forget_told(step);
    if (!state.covered || step.tally.outcome == Outcome::too_few) return std::nullopt;
    if (state.advisory && state.known == Known::down) {
        close_advisory(step, Reason::became_incident);
        return Reason::became_incident;
    }
    const bool flaps = state.advisory && state.advisory->flapping_since;
    if (flaps) note_failing(step);
    if (state.advisory && !anybody_sees_worse(step)) {
        if (flaps && !is_calm(step)) return std::nullopt;
        const auto reason = flaps ? Reason::flapping_calmed : Reason::nobody_failing;
        close_advisory(step, reason);
        if (flaps) state.advisory_told = AdvisoryTold{};
        return reason;
    }
    if (state.muting->advisory_noted && !anybody_sees_worse(step)) state.muting.edit().advisory_noted = false;
    if (state.suspicion || quorum_sees_worse(step)) return std::nullopt;

    Advisory found{step.fresh_id, {}, check::FailureClass::none, step.now};
    int longest = 0;
    std::vector<RegionId> still;  // those it is about already that see it yet; while it flaps, all of them
    if (flaps) still = state.advisory->regions;
    for (const auto& vote : state.votes) {
        if (!is_worse(step, vote)) continue;
        if (state.advisory && !flaps && is_about(*state.advisory, vote.region)) still.push_back(vote.region);
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
        tell<AdvisoryOpened>(step);
        if (state.advisory->flapping_since) note_failing(step);
        return Reason::minority_failing;
    }
    auto& regions = state.advisory->regions;
    std::vector<RegionId> all;
    std::set_union(still.begin(), still.end(), found.regions.begin(), found.regions.end(), std::back_inserter(all));
    if (all == regions) return std::nullopt;
    regions = std::move(all);
    tell<AdvisoryChanged>(step);
    if (state.advisory->flapping_since) note_failing(step);
    return Reason::minority_failing;
}

void close_advisory(Step& step, Reason reason) {
    auto& state = step.state;
    if (!state.advisory) return;
    told_again(step);
    step.note(NoteKind::advisory, state.shown(), state.shown(), reason);
    step.effects.emplace_back(AdvisoryClosed{*state.advisory, reason});
    state.advisory.reset();
}

void follow_advisory(Step& step, Reason reason) {
    auto& state = step.state;
    state.advisory_told = AdvisoryTold{};
    if (!state.advisory || !state.advisory->flapping_since) return;
    state.advisory->flapping_since.reset();
    step.note(NoteKind::advisory, state.shown(), state.shown(), reason);
    step.effects.emplace_back(AdvisoryChanged{*state.advisory, reason});
}

}  // namespace sonde::decision

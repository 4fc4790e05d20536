#include <algorithm>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

// The failure is seen by regions that were found ill alone, and began when they may have been so.
bool is_put_down_to_regions(const Step& step) {
    bool put_down = false;
    for (const auto& vote : step.state.votes) {
        const auto* voter = step.definition.voter(vote.region);
        if (voter == nullptr || rank(vote.verdict) < rank(step.state.known) || !is_fresh(vote.taken_at, step.definition, step.now)) continue;
        if (voter->standing == Standing::counts) return false;
        if (voter->standing == Standing::quarantined) {
            if (vote.failing_since < voter->doubtful_since) return false;
            put_down = true;
        }
    }
    return put_down;
}

// Nobody whose vote counts has seen what is open, and too few are left to say how it is.
void withdraw(Step& step, Reason reason) {
    auto& state = step.state;
    const auto from = state.shown();
    state.known = Known::pending;
    state.covered = false;
    state.recovery = {};
    if (state.muting->outage) state.muting.edit().outage.reset();
    if (state.muting->warning) state.muting.edit().warning.reset();
    step.edge(from, reason);
    stop_flapping(step, reason);
    if (state.in_outage) step.effects.emplace_back(Leaves{Scope::outage, reason});
    if (state.in_warning) step.effects.emplace_back(Leaves{Scope::warning, reason});
    state.in_outage = state.in_warning = false;
}

// All votes count, and those that always did are on the way to a recovery: that takes its rounds, whoever else is believed again.
bool only_gains(const Step& step) {
    const auto& voters = step.definition.voters;
    if (std::any_of(voters.begin(), voters.end(), [](const Voter& voter) { return voter.standing != Standing::counts; })) return false;
    const auto& votes = step.state.votes;
    return step.state.recovery.rounds > 0 || std::none_of(votes.begin(), votes.end(), [](const Vote& vote) { return rank(vote.verdict) > 0; });
}

// What is known follows from votes that do not count any more.
std::optional<Reason> mend(Step& step, Reason reason) {
    auto& state = step.state;
    const int known = rank(state.known);
    const auto seen = step.tally.outcome;
    if (known > 0 && (seen == Outcome::up || (seen == Outcome::degraded && known == 2))) {
        if (only_gains(step)) return std::nullopt;
        become(step, seen == Outcome::up ? Known::up : Known::degraded, reason, std::nullopt);
        return reason;
    }
    if (seen != Outcome::too_few) return std::nullopt;
    if (known > 0 && is_put_down_to_regions(step)) {
        withdraw(step, reason);
        return reason;
    }
    if (!state.covered || (state.known == Known::pending && state.votes.empty())) return std::nullopt;
    const auto from = state.shown();
    state.covered = false;
    state.suspicion.reset();
    state.recovery = {};
    step.edge(from, Reason::too_few_voters);
    return Reason::too_few_voters;
}

}  // namespace

void forget_uncounted(Step& step, Reason reason) {
    auto& state = step.state;
    const auto uncounted = [&](RegionId region) { return !step.definition.counts(region); };
    std::erase_if(state.doubt.regions, uncounted);
    if (state.suspicion) {
        std::erase_if(state.suspicion->asked, [&](const Asked& asked) { return uncounted(asked.region); });
        if (uncounted(state.suspicion->first)) {
            state.suspicion.reset();
            step.note(NoteKind::refuted, state.shown(), state.shown(), reason);
        }
    }
    if (!state.advisory || std::erase_if(state.advisory->regions, uncounted) == 0) return;
    if (state.advisory->regions.empty()) return close_advisory(step, reason);
    step.note(NoteKind::advisory, state.shown(), state.shown(), reason);
    step.effects.emplace_back(AdvisoryChanged{*state.advisory, reason});
}

Reason not_counted(Step& step, const Vote& vote) {
    const bool quarantined = step.definition.voter(vote.region)->standing == Standing::quarantined;
    const auto reason = quarantined ? Reason::vote_quarantined : Reason::vote_excluded;
    const bool begins = vote.failing_slots == 1 && vote.taken_at == vote.failing_since && vote.attempt == 0;
    if (begins && rank(vote.verdict) > rank(step.state.known)) step.note(NoteKind::suppressed, step.state.shown(), step.state.shown(), reason);
    return reason;
}

std::optional<Reason> recount(Step& step) {
    const auto& voters = step.definition.voters;
    const bool quarantine = std::any_of(voters.begin(), voters.end(), [](const Voter& voter) { return voter.standing == Standing::quarantined; });
    const auto reason = quarantine ? Reason::region_quarantined : Reason::votes_recounted;
    const auto before = step.effects.size();
    step.count();
    forget_uncounted(step, reason);
    if (const auto mended = mend(step, reason)) return mended;
    advise(step);
    return step.effects.size() > before ? std::optional(reason) : std::nullopt;
}

}  // namespace sonde::decision

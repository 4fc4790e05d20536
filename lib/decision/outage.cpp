#include "lib/decision/sighting.h"
#include "lib/decision/step.h"

namespace sonde::decision {

Joins join_by(const Step& step, Scope scope, Reason reason, std::optional<TimePoint> failing_since) {
    auto seen = sighting_of(step.state, step.definition, step.now, least_rank(scope));
    Joins joins{scope, reason, seen.cause, seen.since, std::move(seen.regions)};
    if (failing_since) joins.failing_since = *failing_since;
    return joins;
}

void Step::edge(State from, Reason reason) {
    const auto to = state.shown();
    if (from == to) return;
    note(NoteKind::transition, from, to, reason);
    state.since = now;
    // That a new monitor is well is what everybody expects, and ten thousand may be new at once.
    if (!(from == State::pending && to == State::up)) effects.emplace_back(Changed{from, to, reason});
}

void become(Step& step, Known known, Reason reason, std::optional<TimePoint> failing_since) {
    auto& state = step.state;
    const auto from = state.shown();
    const auto before = state.known;
    if (rank(known) > rank(state.known)) state.doubt = {};
    state.known = known;
    state.covered = true;
    state.suspicion.reset();
    state.recovery = {};
    step.edge(from, reason);
    const bool flaps_now = changes_again(step, before, reason);

    if (known == Known::down && !state.in_outage) {
        fails(step, join_by(step, Scope::outage, reason, failing_since));
    }
    if (known == Known::degraded && !state.in_warning) {
        fails(step, join_by(step, Scope::warning, reason, failing_since));
    }
    if (flaps_now) step.note(NoteKind::transition, state.shown(), state.shown(), Reason::flapping_began);
    tell_flapping(step);
    if (known != Known::down && state.in_outage) {
        step.effects.emplace_back(Leaves{Scope::outage, reason});
        state.in_outage = false;
    }
    if (known != before && state.muting->advisory_noted) state.muting.edit().advisory_noted = false;
    if (known != Known::down && state.muting->outage) state.muting.edit().outage.reset();
    if (known == Known::up && state.muting->warning) state.muting.edit().warning.reset();
    // A warning outlasts the outage: the certificate still expires when the server is back.
    if (known == Known::up && state.in_warning) {
        step.effects.emplace_back(Leaves{Scope::warning, reason});
        state.in_warning = false;
    }
}

std::optional<Reason> first_quorum(Step& step) {
    if (step.state.known != Known::pending || step.tally.outcome != Outcome::up) return std::nullopt;
    if (step.state.suspicion) return std::nullopt;  // it is decided first
    become(step, Known::up, Reason::first_quorum, std::nullopt);
    return Reason::first_quorum;
}

std::optional<Reason> recover(Step& step, const Vote& vote) {
    auto& state = step.state;
    const int known = rank(state.known);
    if (known == 0 || step.tally.outcome == Outcome::too_few) return std::nullopt;
    if (rank(vote.verdict) >= known) {
        if (rank(step.tally.outcome) >= known || step.tally.outcome == Outcome::undecided) state.recovery.rounds = 0;
        return std::nullopt;
    }
    if (state.recovery.rounds > 0 && vote.slot <= state.recovery.slot) return std::nullopt;

    const auto round = tally_round(state.votes, step.definition, step.now, vote.slot - step.definition.cadence());
    const int better = round.up + (known == 2 ? round.degraded : 0);
    if (better < needed_up(step.definition.policy.quorum, round.fresh, round.configured)) return std::nullopt;
    if (round.paging_up + (known == 2 ? round.paging_degraded : 0) < round.paging) return std::nullopt;
    if (state.flaps.since && state.recovery.rounds == 0) state.recovery.first = vote.slot;
    ++state.recovery.rounds;
    state.recovery.slot = vote.slot;
    if (state.flaps.since && vote.slot - state.recovery.first < step.definition.policy.flapping.calm) return std::nullopt;
    if (state.recovery.rounds < step.definition.policy.recovery_rounds) return std::nullopt;

    const bool still_degraded = round.failing() >= round.needed || round.paging_degraded > 0;
    become(step, known == 2 && still_degraded ? Known::degraded : Known::up, Reason::quorum_recovered, std::nullopt);
    return Reason::quorum_recovered;
}

}  // namespace sonde::decision

#include "lib/decision/decide.h"

#include <algorithm>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

constexpr milliseconds kHeardAgain{50};

// Enough regions are heard again. If they see worse than is known, that is confirmed first and shown then.
std::optional<Reason> regain_coverage(Step& step) {
    if (step.state.covered || step.tally.outcome == Outcome::too_few || quorum_sees_worse(step)) return std::nullopt;
    if (step.state.known == Known::pending && step.tally.outcome == Outcome::up) return std::nullopt;  // first_quorum tells it
    const auto from = step.state.shown();
    step.state.covered = true;
    step.edge(from, Reason::voters_returned);
    return Reason::voters_returned;
}

Reason result_seen(Step& step, const ResultSeen& result) {
    auto& state = step.state;
    if (state.activity != Activity::active || step.definition.activity != Activity::active) return Reason::not_watched;
    const auto* voter = step.definition.voter(result.region);
    if (voter == nullptr) return Reason::vote_from_stranger;
    if (const auto* vote = find_vote(state.votes, result.region); vote != nullptr && !supersedes(result, *vote)) {
        return Reason::vote_superseded;
    }
    if (result.revision != 0 && result.revision < state.spec_revision) return Reason::vote_of_old_spec;
    step.slot = result.slot;
    state.counted_under.hash = step.definition.standing_hash;
    if (result.verdict == check::Verdict::unknown) {
        step.count();
        return will_not_answer(step, result).value_or(Reason::agents_fault);
    }
    const auto taken = taken_at(result, step.wall);
    if (!is_fresh(taken, step.definition, step.now)) return Reason::vote_late;

    const Vote vote = cast_vote(state.votes, result, taken);
    step.count();
    if (voter->standing != Standing::counts) return not_counted(step, vote);
    auto reason = Reason::vote_counted;
    const auto take = [&](std::optional<Reason> found) {
        if (found && reason == Reason::vote_counted) reason = *found;
    };
    take(suspect(step, vote));
    take(regain_coverage(step));
    take(first_quorum(step));
    take(recover(step, vote));
    take(advise(step));
    if (state.doubt.times > 0 && step.now >= state.doubt.ask_again_at && !anybody_sees_worse(step)) state.doubt = {};
    return reason;
}

bool expects_votes(const MonitorState& state) { return state.known != Known::pending || !state.votes.empty(); }

TimePoint expected_by(const MonitorState& state, const Definition& definition, TimePoint listening_since) {
    return std::max({listening_since, state.watched_since, definition.quicker_since}) + definition.freshness();
}

Reason time_passed(Step& step, const Tick& tick) {
    auto& state = step.state;
    if (state.activity != Activity::active || step.definition.activity != Activity::active) return Reason::not_watched;
    if (step.definition.heartbeat) return silence_passed(step, tick.heard_until);
    step.count();
    auto reason = Reason::nothing_due;
    if (state.covered && step.tally.outcome == Outcome::too_few && expects_votes(state) &&
        step.now > expected_by(state, step.definition, tick.listening_since)) {
        const auto from = state.shown();
        state.covered = false;
        state.suspicion.reset();
        state.recovery = {};
        step.edge(from, Reason::too_few_voters);
        reason = Reason::too_few_voters;
    } else if (const auto overdue = answers_overdue(step)) {
        reason = *overdue;
    }
    const auto advised = advise(step);
    return reason == Reason::nothing_due ? advised.value_or(reason) : reason;
}

}  // namespace

MonitorState first_state(TimePoint now) {
    MonitorState state;
    state.since = now;
    state.watched_since = now;
    return state;
}

Decision decide(MonitorState state, const Definition& definition, const Event& event) {
    Step step{definition, event.now, event.fresh_id, std::move(state), {}, {}, {}, event.around, event.now + event.behind};
    const bool suspected = step.state.suspicion.has_value();
    if (step.state.spec_hash == 0) {
        step.state.spec_hash = definition.spec_hash;
        step.state.voters_hash = definition.voters_hash;
        // Whether an earlier revision had another spec nobody remembers.
        step.state.spec_revision = definition.revision > 1 ? definition.revision : 0;
    }
    auto reason = Reason::nothing_due;
    if (const auto* result = std::get_if<ResultSeen>(&event.what)) {
        reason = result_seen(step, *result);
    } else if (const auto* tick = std::get_if<Tick>(&event.what)) {
        reason = time_passed(step, *tick);
    } else if (const auto* ping = std::get_if<PingSeen>(&event.what)) {
        reason = definition.heartbeat ? ping_seen(step, *ping) : Reason::vote_from_stranger;
    } else if (const auto* judgement = std::get_if<RegionsJudged>(&event.what)) {
        reason = judged(step, judgement->well);
    } else if (std::holds_alternative<DefinitionRead>(event.what)) {
        reason = definition_read(step);
    }
    if (!suspected && step.state.suspicion) ask_parents(step);
    const auto noticed = look_around(step);
    step.state.muting.tidy();
    step.state.advisory_told.tidy();
    if (reason == Reason::nothing_due || reason == Reason::vote_counted) reason = noticed.value_or(reason);
    if (definition.heartbeat) settle(step.state, definition);
    return {std::move(step.state), std::move(step.effects), reason};
}

std::optional<TimePoint> next_tick(const MonitorState& state, const Definition& definition, TimePoint now,
                                   TimePoint listening_since) {
    if (state.activity != Activity::active || definition.activity != Activity::active) return std::nullopt;
    std::optional<TimePoint> next;
    const auto consider = [&](TimePoint at) {
        if (!next || at < *next) next = at;
    };
    if (const auto look = next_look_around(state, definition)) consider(*look);
    if (definition.heartbeat) {
        if (!state.heartbeat.deadline) return next;
        // Past it, whoever decides may not have heard everything yet: it is asked again soon.
        consider(std::max(*state.heartbeat.deadline + kLatePingsWay, now + kHeardAgain));
        return next;
    }
    if (state.suspicion) consider(state.suspicion->deadline);
    if (!state.covered && !state.advisory) return next;
    constexpr milliseconds kPast{1};  // a vote is fresh up to and at its last instant
    for (const auto& vote : state.votes) {
        if (is_fresh(vote.taken_at, definition, now)) consider(vote.taken_at + definition.freshness() + kPast);
    }
    if (state.covered && expects_votes(state)) {
        const auto expected = expected_by(state, definition, listening_since) + kPast;
        if (expected > now) consider(expected);
    }
    return next;
}

}  // namespace sonde::decision

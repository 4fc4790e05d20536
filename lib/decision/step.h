// The parts of `decide`, each one rule. They work on one decision in the making.
#pragma once

#include "lib/decision/decide.h"

namespace sonde::decision {

struct Step {
    const Definition& definition;
    TimePoint now;
    AdvisoryId fresh_id;
    MonitorState state;
    std::vector<Effect> effects;
    Tally tally;              // of state.votes at `now`
    std::optional<Slot> slot;  // of the result that is being decided on
    const Suppression& around;

    void count() { tally = decision::tally(state.votes, definition, now); }
    void note(NoteKind kind, State from, State to, Reason reason) { effects.emplace_back(Note{kind, from, to, reason, slot}); }
    // Records and tells the edge from `from` to what is shown now, if it is one.
    void edge(State from, Reason reason);
};

constexpr int rank(Outcome outcome) { return outcome == Outcome::down ? 2 : outcome == Outcome::degraded ? 1 : 0; }

// True if the quorum sees worse than what is known.
inline bool quorum_sees_worse(const Step& step) { return rank(step.tally.outcome) > rank(step.state.known); }

// Fresh and worse than what is known.
inline bool is_worse(const Step& step, const Vote& vote) {
    return rank(vote.verdict) > rank(step.state.known) && is_fresh(vote.taken_at, step.definition, step.now);
}
bool anybody_sees_worse(const Step& step);

// suspicion.cpp ─ from the first failing vote to a confirmed outage, or to the end of the doubt.
// `vote` was just cast. Nothing if it made no difference.
std::optional<Reason> suspect(Step& step, const Vote& vote);
// The deadline of the answers has passed.
std::optional<Reason> answers_overdue(Step& step);
// An agent that was asked could not look.
std::optional<Reason> will_not_answer(Step& step, const ResultSeen& result);

// outage.cpp ─ what is known changes. Without `failing_since`, the failing votes say it.
void become(Step& step, Known known, Reason reason, std::optional<TimePoint> failing_since);
std::optional<Reason> recover(Step& step, const Vote& vote);
std::optional<Reason> first_quorum(Step& step);

// suppression.cpp ─ what is told, what is withheld, and what is told after all.
// The monitor begins to fail: it joins, unless that is suppressed.
void fails(Step& step, Joins joins);
// Takes over what is around, and tells what nothing covers any longer.
std::optional<Reason> look_around(Step& step);
void ask_parents(Step& step);
// True if an advisory must not be opened now; notes that once.
bool withholds_advisory(Step& step);
// When withheld failures are to be looked at without anything else happening.
std::optional<TimePoint> next_look_around(const MonitorState& state, const Definition& definition);
Joins join_by(const Step& step, Scope scope, Reason reason, std::optional<TimePoint> failing_since);

// advisory.cpp
std::optional<Reason> advise(Step& step);

// activity.cpp ─ pause, resume, edit, delete.
Reason definition_read(Step& step);

}  // namespace sonde::decision

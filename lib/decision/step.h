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
    TimePoint wall;            // when that is done: `now`, or later

    void count() { tally = decision::tally(state.votes, definition, now); }
    void note(NoteKind kind, State from, State to, Reason reason) { effects.emplace_back(Note{kind, from, to, reason, slot}); }
    // Records and tells the edge from `from` to what is shown now, if it is one.
    void edge(State from, Reason reason);
};

constexpr int rank(Outcome outcome) { return outcome == Outcome::down ? 2 : outcome == Outcome::degraded ? 1 : 0; }

// True if the quorum sees worse than what is known.
inline bool quorum_sees_worse(const Step& step) { return rank(step.tally.outcome) > rank(step.state.known); }

// Fresh, worse than what is known, and it counts.
inline bool is_worse(const Step& step, const Vote& vote) {
    return rank(vote.verdict) > rank(step.state.known) && is_fresh(vote.taken_at, step.definition, step.now) && step.definition.counts(vote.region);
}
bool anybody_sees_worse(const Step& step);

// suspicion.cpp ─ from the first failing vote to a confirmed outage, or to the end of the doubt.
// `vote` was just cast. Nothing if it made no difference.
std::optional<Reason> suspect(Step& step, const Vote& vote);
// The deadline of the answers has passed.
std::optional<Reason> answers_overdue(Step& step);
// An agent that was asked could not look.
std::optional<Reason> will_not_answer(Step& step, const ResultSeen& result);

// The regions that the outage in waiting rests on were judged.
Reason judged(Step& step, bool well);

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
// Closes the open advisory, if there is one, and that is told.
void close_advisory(Step& step, Reason reason);
// From now on it follows its regions, and closes with the last of them, however often it came and went.
void follow_advisory(Step& step, Reason reason);

// flapping.cpp
// In which changes are counted. Where checks are rare, changes are too.
milliseconds flapping_window(const Definition& definition);
// What is known has changed from `before`. True if the monitor flaps since now. A correction is no change of the target.
bool changes_again(Step& step, Known before, Reason reason);
// Once it flaps and something of it is open: what is withheld does not tell that it flaps either.
void tell_flapping(Step& step);
// Ends it, if it is so.
void stop_flapping(Step& step, Reason reason);

// standing.cpp ─ regions whose votes do not count.
// Such a vote was cast.
Reason not_counted(Step& step, const Vote& vote);
// Regions whose votes do not count, or that check the monitor no longer, owe no answer, raise no doubt, and no advisory is about them.
void forget_uncounted(Step& step, Reason reason);
// What votes are worth has changed: what is known is decided on anew.
std::optional<Reason> recount(Step& step);

// activity.cpp ─ pause, resume, edit, delete.
Reason definition_read(Step& step);

}  // namespace sonde::decision

#include <algorithm>

#include "lib/decision/footing.h"
#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

const std::optional<Withheld>& withheld_of(const MonitorState& state, Scope scope) {
    return scope == Scope::outage ? state.muting->outage : state.muting->warning;
}

std::optional<Withheld>& record(MonitorState& state, Scope scope) {
    auto& muting = state.muting.edit();
    return scope == Scope::outage ? muting.outage : muting.warning;
}

bool heartbeat_may_wait(const Step& step, const Withheld& withheld);

// Do votes since then say that it fails? Of a heartbeat, nobody can be asked.
bool still_fails(const Step& step, Scope scope, const Withheld& withheld) {
    const auto& state = step.state;
    if (step.definition.heartbeat) return !heartbeat_may_wait(step, withheld);
    if (!state.covered) return false;
    std::vector<Vote> votes;
    for (const auto& vote : state.votes) {
        if (vote.taken_at >= withheld.votes_since && !vote.backfilled) votes.push_back(vote);
    }
    return rank(tally(votes, step.definition, step.now).outcome) >= (scope == Scope::outage ? 2 : 1);
}

std::optional<TimePoint> heartbeat_wait(const Definition& definition, const Withheld& withheld) {
    if (!withheld.lifted || withheld.votes_since == TimePoint{}) return std::nullopt;
    auto until = withheld.votes_since + kLongestHeartbeatWait;
    if (const auto due = definition.heartbeat->expected_after(withheld.votes_since)) until = std::min(until, *due + definition.heartbeat->grace);
    return until;
}

bool heartbeat_may_wait(const Step& step, const Withheld& withheld) {
    const auto until = heartbeat_wait(step.definition, withheld);
    return until && step.now < *until;
}

// Maintenance and dependencies hold whatever the votes say.
bool covered_strongly(const Step& step, Withheld& withheld) {
    const auto& around = step.around;
    if (around.window) {
        withheld.by = Cover::maintenance;
        withheld.source = around.window->value();
    } else if (around.parent) {
        withheld.by = Cover::dependency;
        withheld.source = around.parent->id;
        withheld.source_kind = around.parent->kind;
        withheld.root = around.root;
    } else {
        return false;
    }
    return true;
}

bool parents_in_doubt(const Step& step, Withheld& withheld) {
    const auto& around = step.around;
    if (!around.has_parents) return false;
    if (!around.parents_suspected && around.parents_well_at >= withheld.failing_since) return false;
    if (withheld.hold_until == TimePoint{}) withheld.hold_until = step.now + std::min(around.patience, kLongestDoubt);
    return step.now < withheld.hold_until;
}

bool covered_weakly(const Step& step, Scope scope, Withheld& withheld) {
    if (parents_in_doubt(step, withheld)) {
        withheld.by = Cover::doubt;
        withheld.source = 0;
        withheld.source_kind = NodeKind::monitor;  // as it is when it is read back
    } else if (step.around.quiet && scope == Scope::outage) {
        withheld.by = Cover::quiet;
        withheld.source = step.around.quiet->value();
        withheld.source_kind = NodeKind::group;
    } else {
        return false;
    }
    return true;
}

Reason reason_of(Cover cover) {
    switch (cover) {
        case Cover::maintenance: return Reason::in_maintenance;
        case Cover::dependency: return Reason::dependency_down;
        case Cover::doubt: return Reason::parent_in_doubt;
        case Cover::quiet: return Reason::group_speaks;
    }
    return Reason::in_maintenance;
}

// Why it is told now and was not before.
Reason reason_after(const Withheld& withheld) {
    switch (withheld.by) {
        case Cover::maintenance: return Reason::maintenance_ended;
        case Cover::dependency: return Reason::dependency_ended;
        case Cover::doubt: return static_cast<Reason>(withheld.reason);
        case Cover::quiet: return Reason::quiet_ended;
    }
    return static_cast<Reason>(withheld.reason);
}

State failing_state(Scope scope) { return scope == Scope::outage ? State::down : State::degraded; }

void note(Step& step, Scope scope, const Withheld& withheld) {
    step.note(NoteKind::suppressed, step.state.shown(), failing_state(scope), reason_of(withheld.by));
}

void withhold(Step& step, Scope scope, Withheld& withheld) {
    if (withheld.by == Cover::doubt && step.now >= withheld.ask_again_at) {
        withheld.ask_again_at = step.now + kAskParentsAgain;
        step.effects.emplace_back(AskParents{withheld.failing_since});
    }
    note(step, scope, withheld);
}

void join(Step& step, Joins joins) {
    (joins.scope == Scope::outage ? step.state.in_outage : step.state.in_warning) = true;
    step.effects.emplace_back(std::move(joins));
}

void lift(Step& step, Withheld& withheld) {
    withheld.lifted = true;
    withheld.votes_since = {};
    if (withheld.by != Cover::dependency) return;
    // While the parent was down, nothing that was seen of the child said anything of the child.
    withheld.votes_since = step.now;
    if (!step.definition.heartbeat) step.effects.emplace_back(everybody_now(step.definition, step.wall));
}

std::optional<Reason> look_at(Step& step, Scope scope) {
    if (!withheld_of(step.state, scope)) return std::nullopt;
    auto& kept = record(step.state, scope);
    auto& withheld = *kept;
    const auto before = withheld;
    if (covered_strongly(step, withheld)) {
        withheld.lifted = false;
        if (withheld.by != before.by) note(step, scope, withheld);
        return withheld.by != before.by ? std::optional(reason_of(withheld.by)) : std::nullopt;
    }
    const bool strong = before.by == Cover::maintenance || before.by == Cover::dependency;
    if (strong && !withheld.lifted) lift(step, withheld);
    if (!still_fails(step, scope, withheld)) {
        withheld.lifted = true;  // looked at again with each vote
        return std::nullopt;
    }
    if (covered_weakly(step, scope, withheld)) {
        withheld.lifted = false;
        if (withheld.by != before.by) {
            withhold(step, scope, withheld);
            return reason_of(withheld.by);
        }
        if (withheld.by == Cover::doubt && step.now >= withheld.ask_again_at) {
            withheld.ask_again_at = step.now + kAskParentsAgain;
            step.effects.emplace_back(AskParents{withheld.failing_since});
        }
        return std::nullopt;
    }
    const auto reason = reason_after(before);
    const auto failing_since = withheld.failing_since;
    kept.reset();
    step.note(NoteKind::transition, step.state.shown(), step.state.shown(), reason);
    join(step, join_by(step, scope, reason, failing_since));
    tell_flapping(step);
    return reason;
}

}  // namespace

void fails(Step& step, Joins joins) {
    Withheld withheld;
    withheld.reason = static_cast<int>(joins.reason);
    withheld.failing_since = joins.failing_since;
    if (!covered_strongly(step, withheld) && !covered_weakly(step, joins.scope, withheld)) {
        if (withheld_of(step.state, joins.scope)) record(step.state, joins.scope).reset();
        return join(step, std::move(joins));
    }
    withhold(step, joins.scope, record(step.state, joins.scope).emplace(withheld));
}

void ask_parents(Step& step) {
    if (step.around.has_parents && !step.around.parent) step.effects.emplace_back(AskParents{step.state.suspicion->first_at});
}

std::optional<Reason> look_around(Step& step) {
    auto& state = step.state;
    if (state.activity != Activity::active || step.definition.activity != Activity::active) return std::nullopt;
    if (state.muting.empty() && !step.around.window) return std::nullopt;
    std::optional<Reason> reason;
    if (state.muting->window != step.around.window) {
        const auto from = state.shown();
        const bool begins = !state.muting->window.has_value();
        state.muting.edit().window = step.around.window;
        const auto why = begins ? Reason::maintenance_started : Reason::maintenance_ended;
        if (from != state.shown()) reason = why;
        step.edge(from, why);
    }
    for (const auto scope : {Scope::outage, Scope::warning}) {
        if (const auto found = look_at(step, scope)) reason = found;
    }
    return reason;
}

bool withholds_advisory(Step& step) {
    if (!step.around.window && !step.around.parent) return false;
    if (!step.state.muting->advisory_noted) {
        step.state.muting.edit().advisory_noted = true;
        step.note(NoteKind::suppressed, step.state.shown(), step.state.shown(), Reason::minority_suppressed);
    }
    return true;
}

std::optional<TimePoint> next_look_around(const MonitorState& state, const Definition& definition) {
    std::optional<TimePoint> next;
    for (const auto* withheld : {&state.muting->outage, &state.muting->warning}) {
        if (!*withheld) continue;
        std::optional<TimePoint> at;
        if ((*withheld)->by == Cover::doubt && !(*withheld)->lifted) at = std::min((*withheld)->hold_until, (*withheld)->ask_again_at);
        if (definition.heartbeat && (*withheld)->lifted) at = heartbeat_wait(definition, **withheld);
        if (at && (!next || *at < *next)) next = at;
    }
    return next;
}

}  // namespace sonde::decision

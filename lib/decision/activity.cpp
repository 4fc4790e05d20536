#include <algorithm>

#include "lib/decision/step.h"

namespace sonde::decision {
namespace {

Reason reason_for(Activity activity) {
    switch (activity) {
        case Activity::active: return Reason::monitor_resumed;
        case Activity::paused: return Reason::monitor_paused;
        case Activity::disabled: return Reason::monitor_disabled;
        case Activity::deleted: return Reason::monitor_deleted;
        case Activity::site_inactive: return Reason::site_inactive;
        case Activity::site_deleted: return Reason::site_deleted;
    }
    return Reason::monitor_paused;
}

// Everything that was seen is forgotten, and everything that is open is closed.
void close_all(Step& step, Reason reason) {
    auto& state = step.state;
    close_advisory(step, reason);
    stop_flapping(step, reason);
    if (state.in_outage) step.effects.emplace_back(Leaves{Scope::outage, reason});
    if (state.in_warning) step.effects.emplace_back(Leaves{Scope::warning, reason});
    const auto since = state.since;
    auto heartbeat = step.definition.heartbeat ? resumed(state.heartbeat, step.now) : Heartbeat{};
    state = first_state(step.now);
    state.heartbeat = std::move(heartbeat);
    state.since = since;
}

// The votes say nothing of the new spec. What is known stays known until the new votes say otherwise.
void forget_votes(Step& step) {
    auto& state = step.state;
    state.votes.clear();
    state.suspicion.reset();
    state.doubt = {};
    state.recovery = {};
    state.watched_since = step.now;
    close_advisory(step, Reason::monitor_edited);
    state.advisory_told = AdvisoryTold{};  // that was another target
}

// Regions that check it no longer have no vote and owe no answer; new ones get time for their first vote.
void drop_strangers(Step& step) {
    auto& state = step.state;
    const auto is_stranger = [&](RegionId region) { return step.definition.voter(region) == nullptr; };
    std::erase_if(state.votes, [&](const Vote& vote) { return is_stranger(vote.region); });
    std::erase_if(state.doubt.regions, is_stranger);
    if (state.suspicion) {
        std::erase_if(state.suspicion->asked, [&](const Asked& asked) { return is_stranger(asked.region); });
        if (is_stranger(state.suspicion->first)) state.suspicion.reset();
    }
}

}  // namespace

Reason definition_read(Step& step) {
    auto& state = step.state;
    const auto from = state.shown();
    const auto activity = step.definition.activity;
    if (state.activity != activity) {
        const auto reason = reason_for(activity);
        const bool respecified = state.spec_hash != 0 && state.spec_hash != step.definition.spec_hash;
        const auto spec_revision = respecified ? step.definition.revision : state.spec_revision;
        close_all(step, reason);
        state.activity = activity;
        state.spec_revision = spec_revision;
        state.spec_hash = step.definition.spec_hash;
        state.voters_hash = step.definition.voters_hash;
        state.counted_under.hash = step.definition.standing_hash;
        step.edge(from, reason);
        return reason;
    }
    if (activity != Activity::active) return Reason::not_watched;

    auto reason = Reason::nothing_due;
    if (state.spec_hash != step.definition.spec_hash) {
        if (state.spec_hash != 0) {
            forget_votes(step);
            state.spec_revision = step.definition.revision;
            stop_flapping(step, Reason::monitor_edited);  // that was another target
            reason = Reason::monitor_edited;
        }
        state.spec_hash = step.definition.spec_hash;
    }
    if (!step.definition.policy.flapping.enabled) {
        stop_flapping(step, Reason::monitor_edited);
        follow_advisory(step, Reason::monitor_edited);
    }
    if (state.voters_hash != step.definition.voters_hash) {
        drop_strangers(step);
        forget_uncounted(step, Reason::monitor_edited);
        state.voters_hash = step.definition.voters_hash;
        state.watched_since = step.now;
        reason = Reason::monitor_edited;
        step.count();
        advise(step);
    }
    if (state.counted_under.hash != step.definition.standing_hash) {
        state.counted_under.hash = step.definition.standing_hash;
        if (const auto recounted = recount(step)) reason = *recounted;
    }
    return reason;
}

}  // namespace sonde::decision

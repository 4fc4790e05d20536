// Why the core decided what it decided. Closed: stored in `decision.reason` and `incident_event.reason`, told in events.
#pragma once

#include "lib/base/enum_name.h"

namespace sonde::decision {

enum class Reason : unsigned char {
    // What became of one result or tick.
    vote_counted,       // it is the region's vote now, and nothing follows from it
    vote_superseded,    // the region has voted by this result or a newer one already: history only
    vote_late,          // no longer fresh when it arrived: history only
    vote_from_stranger, // the region does not check this monitor
    agents_fault,       // verdict unknown: never counts against the target
    not_watched,        // the monitor is paused, disabled or deleted
    nothing_due,        // time passed and changed nothing

    // On the way to an incident.
    below_quorum,             // first failing vote: other regions are asked at once
    quorum_unconfirmed,       // enough regions fail, but none of the votes was taken after the first failing one
    confirmation_repeated,    // the answers did not come in time, or more attempts are due: asked again
    confirmation_refuted,     // those asked see it up
    recheck_passed,           // the region that saw the failure does not see it any more
    confirmation_unanswered,  // asked several times in vain: the next round decides

    // Transitions.
    first_quorum,       // a new monitor was seen for the first time by enough regions
    quorum_down,
    quorum_degraded,
    quorum_recovered,   // enough successive rounds were good
    too_few_voters,     // fewer fresh failure domains than the quorum could need
    voters_returned,

    // Advisories.
    minority_failing,   // fewer regions than the quorum fail, slot after slot
    nobody_failing,
    became_incident,    // more regions joined in, and the quorum was reached

    // What people did.
    monitor_paused,
    monitor_disabled,
    monitor_deleted,
    site_inactive,
    site_deleted,
    monitor_resumed,
    monitor_edited,
    by_request,         // a person acknowledged, commented or resolved

    // Heartbeats.
    heartbeat_noted,     // a start or a log entry: it says nothing of how the job is
    first_heartbeat,     // a new or resumed monitor was heard of
    heartbeat_late,      // nothing was heard by the deadline
    heartbeat_failed,    // the job said that it failed
    heartbeat_recovered, // enough successes since

    vote_of_old_spec,    // checked by a spec that was edited since: history only
    // Of incidents, while they last.
    cause_changed,       // most regions see another failure of it now
    severity_followed,   // worse monitors joined, or the worst have left
    // Votes that do not count, and regions that are judged (arbitration.h).
    vote_excluded,       // the monitor's policy does not count the region
    vote_quarantined,    // the region is ill: its vote says nothing of the target
    region_in_doubt,     // one domain alone sees the outage: it waits until its regions are judged
    region_quarantined,  // decided anew without the votes of a region that was found ill
    votes_recounted,     // decided anew after a change of what votes are worth
    paging_region_down,  // a region that is enough alone sees it down

    // A verdict that changes too often.
    flapping_began,
    flapping_calmed,     // good for long enough

    // Suppression: a failure is not told, and when it is told after all.
    maintenance_started,
    maintenance_ended,
    in_maintenance,
    dependency_down,     // a parent is down, or suppressed by its own parent
    dependency_ended,    // the parent is back, or the dependency is gone, and it still fails
    parent_in_doubt,     // what becomes of the parent is awaited first
    group_speaks,        // a quiet group pages for its members
    quiet_ended,         // no group speaks for it any longer
    minority_suppressed, // an advisory was not opened
    group_down,          // fewer members are left than the group needs
    group_recovered,
    radius_changed,      // how many monitors are suppressed because of an incident
    expiry_near,         // a certificate or a registration has crossed a threshold before its end (expiry.h)

    // What time brought about.
    nobody_acknowledged, // a step of an escalation was due
    nobody_reached,      // and leads to nobody now
    still_open,          // a reminder was due
};

}  // namespace sonde::decision

template <>
struct sonde::EnumNames<sonde::decision::Reason> {
    static constexpr std::array<std::string_view, 62> names{
        "vote_counted", "vote_superseded", "vote_late", "vote_from_stranger", "agents_fault",
        "not_watched", "nothing_due", "below_quorum", "quorum_unconfirmed", "confirmation_repeated",
        "confirmation_refuted", "recheck_passed", "confirmation_unanswered", "first_quorum", "quorum_down",
        "quorum_degraded", "quorum_recovered", "too_few_voters", "voters_returned", "minority_failing",
        "nobody_failing", "became_incident", "monitor_paused", "monitor_disabled", "monitor_deleted",
        "site_inactive", "site_deleted", "monitor_resumed", "monitor_edited", "by_request",
        "heartbeat_noted", "first_heartbeat", "heartbeat_late", "heartbeat_failed", "heartbeat_recovered",
        "vote_of_old_spec", "cause_changed", "severity_followed",
        "vote_excluded", "vote_quarantined", "region_in_doubt", "region_quarantined", "votes_recounted",
        "paging_region_down", "flapping_began", "flapping_calmed",
        "maintenance_started", "maintenance_ended", "in_maintenance", "dependency_down", "dependency_ended",
        "parent_in_doubt", "group_speaks", "quiet_ended", "minority_suppressed", "group_down",
        "group_recovered", "radius_changed", "expiry_near", "nobody_acknowledged", "nobody_reached", "still_open"};
};

static_assert(sonde::EnumNames<sonde::decision::Reason>::names.size() ==
              static_cast<std::size_t>(sonde::decision::Reason::still_open) + 1);

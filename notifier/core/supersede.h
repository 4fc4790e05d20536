// When news is too old to be sent. Pure.
//
// A *thread* is what is told about one thing: an incident, an advisory, the coverage of a region, a monitor. On one channel the
// deliveries of a thread are attempted one after another, in the order of their events; before an attempt, and whenever a
// newer event is planned, those that the newer events made old are dropped. Every document is complete in itself, so what
// follows a dropped one needs nothing of it.
#pragma once

#include <optional>
#include <vector>

#include "notifier/core/delivery.h"
#include "notifier/core/event.h"

namespace sonde::notifier {

// Why a delivery of `kind` that no receiver has accepted must not be attempted (again), given the kinds of all later events of
// its thread in any order; nothing if it must be. It does not matter whether the channel is subscribed to the later ones.
//
// * incident.resolved makes everything before it old; nothing makes it old: whoever may have heard of an incident hears its end.
// * incident.opened stays until then, so that no acknowledgement arrives for an incident nobody heard of.
// * Of updates only the last counts; of acknowledged and unacknowledged, the last of both; comments stay.
// * Opened again is as opened; of severities and assignments only the last counts; public updates and postmortems stay.
// * advisory.closed makes all before it old; it is final as well. Of its changes only the last counts.
// * Of a region's health only the last counts; so of a monitor's flapping.
// * Of a region's coverage, and of a monitor's and a group's changes, only the last counts.
// * Of the messages of a digest only the last counts.
// * A step of an escalation is old when somebody has acknowledged since or a later step came, and a reminder likewise. Later ones count only if they are for
//   the same channel, which is the caller's to see to.
// * maintenance.ended makes maintenance.started old; it is final as well.
std::optional<Reason> supersede(EventKind kind, const std::vector<EventKind>& later);

}  // namespace sonde::notifier

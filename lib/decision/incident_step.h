// The parts of the decision on an incident. They work on one decision in the making, whose `next` is there.
#pragma once

#include "lib/decision/incident.h"

namespace sonde::decision {

constexpr std::string_view kEngine = "engine";

void enter(IncidentDecision& decision, TimelineKind kind, std::string_view actor, std::optional<MonitorId> monitor, Reason reason,
           std::string comment = {}, Json details = {});

// Puts the monitor among the members, as failing; no entry.
void take_in(Incident& incident, const MonitorJoins& joins, TimePoint now);

// The severity of those that are in it now, unless a person set one or nobody is left.
void follow_severity(IncidentDecision& decision);

void resolve(IncidentDecision& decision, TimePoint now, std::string_view actor, Reason reason, std::string comment = {});

// incident_by_hand.cpp
IncidentDecision carry_out(std::optional<Incident> named, const Command& command, const IncidentEvent& event);

}  // namespace sonde::decision

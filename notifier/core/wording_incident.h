// The words of incidents. Internal to notifier/core.
#pragma once

#include "notifier/core/event.h"
#include "notifier/core/wording.h"

namespace sonde::notifier {

// Title, text, facts, tone and verb of an event that has an incident.
void word_incident(EventKind kind, const Json& event, Notice& notice);

}  // namespace sonde::notifier

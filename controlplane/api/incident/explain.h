// Why an incident is there: who voted what, when, under which rule, and what became of every notification.
#pragma once

#include "controlplane/api/incident/incident_store.h"

namespace sonde::controlplane {

// {incident, summary: [sentence…], rule, opened: {at, reason, votes}, transitions: […], decisions: […], deliveries: […]}. At most 500 of each; `truncated` tells if there are more.
Json explain_incident(db::Tx& tx, const Incident& incident);

// The sentences, for people. Pure. `explained` is the document without them.
Json summarise(const Json& explained);

}  // namespace sonde::controlplane

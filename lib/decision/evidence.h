// The votes a decision was taken by, as they are recorded and told.
#pragma once

#include "lib/decision/monitor_state.h"
#include "lib/json/json.h"

namespace sonde::decision {

// One item for each region that checks the monitor, those that have not voted as `absent`: `votes` of event.schema.json.
Json votes_of(const MonitorState& state, const Definition& definition, TimePoint now);

// `{"votes": …, "rule": …}`, as stored in `decision.votes` and `incident_event.data`.
Json evidence_of(const MonitorState& state, const Definition& definition, TimePoint now);

}  // namespace sonde::decision

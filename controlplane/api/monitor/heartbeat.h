// What is shown of a heartbeat monitor besides its definition: when it was heard of, and where to.
#pragma once

#include "controlplane/api/monitor/monitor_store.h"

namespace sonde::controlplane {

// `{last_ping_at, last_success_at, deadline_at, last_run_ms}`, null where there is none yet; with `ping_token` and `ping_url`, which is relative
// to where the API is, for those who may know them.
Json present_heartbeat(const Monitor& monitor, bool with_token);

// The one vote, as the engine holds it: lateness, too, which no result tells.
Json push_votes_of(const Monitor& monitor);

}  // namespace sonde::controlplane

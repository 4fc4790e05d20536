// What an edit makes of a monitor. Pure.
#pragma once

#include <string>

#include "controlplane/api/monitor/monitor_store.h"

namespace sonde::controlplane {

// `body`, which stands at `pointer` in its request, is the whole document or a merge patch. Adds what is wrong to `problems`: a monitor stays of its kind and at its
// site. Whether its regions exist is not asked here.
MonitorDraft changed(const Monitor& before, const SecretsBefore& secrets, const Json& body, const std::string& pointer, json::Problems& problems);

// Whether an edit changes anything at all.
bool is_change(const Monitor& before, const check::Secrets& secrets, const MonitorDraft& after);

// Who may pause and nothing else may ask for this patch.
bool only_pauses(const Json& patch);

}  // namespace sonde::controlplane

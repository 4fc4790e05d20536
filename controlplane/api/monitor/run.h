// Run now: a check of a monitor, or of a spec that is not saved, made at once, and its outcome in the answer.
#pragma once

#include "controlplane/api/endpoint/endpoint.h"
#include "controlplane/api/monitor/monitor_draft.h"

namespace sonde::controlplane {

// What a run of an unsaved spec is asked with: `kind`, `spec`, `timeout_ms` and `regions`, as those of a monitor. The rest of the
// draft stays as it is by default. Pure.
MonitorDraft read_run(const Json& document, json::Problems& problems);

}  // namespace sonde::controlplane

namespace sonde::controlplane::run_api {

Endpoints endpoints();

}  // namespace sonde::controlplane::run_api

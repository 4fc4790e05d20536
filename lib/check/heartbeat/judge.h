// What a ping means.
#pragma once

#include "lib/check/heartbeat/spec.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// A success is up, a failure down. A start and a log entry say nothing of the job's outcome: unknown, of no class.
Judgement judge(const HeartbeatSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

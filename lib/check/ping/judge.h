// What lost packets and round trips mean under a spec.
#pragma once

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/ping/spec.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const PingSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

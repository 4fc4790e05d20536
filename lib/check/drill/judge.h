// What a drill means: what it was told to.
#pragma once

#include "lib/check/drill/spec.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// Down if the check began before the end of what is rehearsed.
Judgement judge(const DrillSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

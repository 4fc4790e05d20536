// From facts to an opinion. Pure: no clock, no network.
#pragma once

#include "lib/check/observation.h"
#include "lib/check/spec.h"

namespace sonde::check {

Judgement judge(const Spec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

// From facts to an opinion. Pure: no clock, no network.
#pragma once

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/spec.h"

namespace sonde::check {

// `now` is when the check began, for what depends on the date.
Judgement judge(const Spec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

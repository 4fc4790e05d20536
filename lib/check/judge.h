// From facts to an opinion. Pure: no clock, no network.
#pragma once

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/spec.h"

namespace sonde::check {

// `now` is when the check began, for what depends on the date.
Judgement judge(const Spec& spec, const Observation& observation, TimePoint now);

// Whether judging may take longer than a loop can be kept waiting: milliseconds at times, seconds at worst.
bool is_laborious(const Spec& spec, const Observation& observation);

}  // namespace sonde::check

// How long a check takes by what its spec says, so that a time-out that cuts it short is refused.
#pragma once

#include "lib/check/spec.h"

namespace sonde::check {

// When nobody answers, without the resolution of names. 0 where nothing but the time-out ends it.
milliseconds time_needed(const Spec& spec);

}  // namespace sonde::check

// What an HTTP answer means under a spec.
#pragma once

#include "lib/check/http/spec.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const HttpSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

// What a greeting means under a spec.
#pragma once

#include "lib/check/banner/spec.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const BannerSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

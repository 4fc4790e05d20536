// What a registration means under a spec.
#pragma once

#include "lib/check/domain/spec.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// Of an observation without failure. Days left are counted from `now`. What a registry does not say is `unknown`, never down.
Judgement judge(const DomainSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

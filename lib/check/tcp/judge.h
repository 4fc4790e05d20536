// What a TCP dialogue means under a spec.
#pragma once

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/tcp/spec.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const TcpSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

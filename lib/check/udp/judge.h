// What an answer over UDP, or none, means under a spec.
#pragma once

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/udp/spec.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const UdpSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

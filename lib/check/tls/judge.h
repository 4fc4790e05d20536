// What a TLS handshake means under a spec.
#pragma once

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/check/tls/spec.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const TlsSpec& spec, const Observation& observation, TimePoint now);

// The class of a chain that is not trusted for `why`.
FailureClass class_of(Distrust why);

}  // namespace sonde::check

// What an answer to a gRPC health check means.
#pragma once

#include "lib/check/grpc/spec.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const GrpcSpec& spec, const Observation& observation, TimePoint now);

}  // namespace sonde::check

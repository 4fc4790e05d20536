// Carries out what POST /v1/apply asks for, or looks at what it would come to.
#pragma once

#include "controlplane/api/apply/plan.h"
#include "controlplane/api/endpoint/endpoint.h"

namespace sonde::controlplane::apply_api {

struct Outcome {
    Plan plan;
    References references;  // all keys with their identifiers
};

// In the caller's transaction, whole: what a plan looks at is done and has to be rolled back. Throws ProblemError with every mistake that could be
// found, by pointers into the request; DbError, conflict if others changed something meanwhile.
Outcome carry_out(Backend& backend, const Call& call, db::Tx& tx, const Request& request);

}  // namespace sonde::controlplane::apply_api

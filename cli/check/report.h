// What `sonde check` prints of a check, and what its exit code is.
#pragma once

#include "lib/check/judge.h"
#include "lib/json/json.h"

namespace sonde::cli::check_command {

// `verdict`, `class`, `message`, and the `observation` with its phases in milliseconds; fields that say nothing are left out. Pure.
Json report(const check::Observation& observation, const check::Judgement& judgement);

// 0 up or degraded, 1 down, 3 unknown: it could not be found out.
int exit_code(check::Verdict verdict);

}  // namespace sonde::cli::check_command

// One check in this process, for `sonde check`.
#pragma once

#include <string>

#include "lib/base/instant.h"
#include "lib/check/judge.h"
#include "lib/net/guard.h"

namespace sonde::agent {

struct OneCheck {
    check::Observation observation;
    check::Judgement judgement;
};

// Runs one check on a loop of its own and returns when it is over, after `timeout` at the latest and a little. Nothing is sent
// anywhere but to the target and the name servers. Throws std::runtime_error if this machine cannot run checks at all. Ignores
// SIGPIPE from then on.
OneCheck run_once(const check::Spec& spec, milliseconds timeout, const net::Guard& guard, const std::string& ca_file = "");

}  // namespace sonde::agent

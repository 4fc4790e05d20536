// What an outcome means under its module. Pure.
#pragma once

#include "probe-agent/blackbox/outcome.h"

namespace sonde::agent::blackbox {

// The spec's own assertions, and then those that the module asks beyond it.
check::Judgement judge(const Outcome& outcome);

// Whether the probe failed for what a regular expression found, or did not find.
bool is_failed_by_pattern(const Module& module, const check::Judgement& judgement);

}  // namespace sonde::agent::blackbox

// The whole of Sonde in virtual time, for one seed.
#pragma once

#include "simulation/options.h"
#include "simulation/report.h"

namespace sonde::simulation {

// The same for the same options, whatever the machine.
Report run(const Options& options);

// The command that does the same again.
std::string command_of(const Options& options);

}  // namespace sonde::simulation

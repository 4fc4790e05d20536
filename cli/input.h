// Files that are named on a command line.
#pragma once

#include <string>

#include "cli/failure.h"

namespace sonde::cli {

// All of a file, or of the standard input for `-`. Throws Failure if it cannot be read, as a directory cannot.
std::string read_input(const std::string& file, int exit_code = kUsage);

}  // namespace sonde::cli

// As json.h, with the parser of command lines, which is larger than all the rest.
#ifndef SONDE_PCH_CLI_H
#define SONDE_PCH_CLI_H
#include <CLI/CLI.hpp>

#include "json.h"

#endif  // SONDE_PCH_CLI_H

// As std.h, with the JSON document type: for targets in which most files use it.
#ifndef SONDE_PCH_JSON_H
#define SONDE_PCH_JSON_H
#include <nlohmann/json.hpp>

#include "std.h"

#endif  // SONDE_PCH_JSON_H

// The text form of what is withheld, within that of a monitor's state.
#pragma once

#include <string>

#include "lib/decision/suppression.h"
#include "lib/json/reader.h"

namespace sonde::decision {

// Appends `,"muting":{…}`.
void write_muting(std::string& text, const Muting& muting);
Muting read_muting(const Json& document, json::Problems& problems);

}  // namespace sonde::decision

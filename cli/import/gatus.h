// Gatus's configuration. Pure.
#pragma once

#include <string_view>

#include "cli/import/findings.h"

namespace sonde::cli::import_from {

// `name` stands for the file. The error is for what is not YAML, or has no endpoints.
Result<Findings> read_gatus(std::string_view text, const std::string& name);

// One endpoint as a monitor; false if there is no such check, with the reason as the last note. What its conditions ask of the domain comes as a further
// monitor in `domain`.
bool gatus_endpoint(Fields& fields, Json& set, Json& domain, std::vector<std::string>& notes);

}  // namespace sonde::cli::import_from

// blackbox_exporter's modules, with the targets that a Prometheus configuration scrapes through them.
#pragma once

#include <string_view>

#include "cli/import/findings.h"

namespace sonde::cli::import_from {

// `modules` is the path of the modules' file, `prometheus` the text of the configuration, which `name` stands for. The error is for a module that the agent could
// not run either, and for what is no such configuration.
Result<Findings> read_blackbox(const std::string& modules, std::string_view prometheus, const std::string& name);

}  // namespace sonde::cli::import_from

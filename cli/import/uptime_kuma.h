// Uptime Kuma's JSON backup. Pure.
#pragma once

#include <string_view>

#include "cli/import/findings.h"

namespace sonde::cli::import_from {

// The error is for a text that is no such backup.
Result<Findings> read_uptime_kuma(std::string_view text);

// Parts of it, for a monitor of the list; false if it cannot be watched at all, with `notes` saying why.
bool kuma_monitor(Fields& fields, const Json& proxies, Json& set, std::vector<std::string>& notes);

}  // namespace sonde::cli::import_from

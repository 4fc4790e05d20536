// blackbox_exporter's configuration file, read into modules of ours.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "probe-agent/blackbox/module.h"

namespace sonde::agent::blackbox {

// Reads a file that a module names (a body, a certificate, a password); the error may follow the key: `cannot be read: …`.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

constexpr std::size_t kMaxFileBytes = 1 << 20;
constexpr std::size_t kMostModules = 500;

// Every option of blackbox_exporter's is either taken over or refused: what is not understood, what cannot be honoured and what makes no
// check that could be run is told as `file:line: what`, one a line. `name` stands for the file.
Result<std::shared_ptr<const Modules>> read_modules(std::string_view text, const std::string& name, const ReadFile& files);

// From a file; those it names are found from its directory, unless their path is absolute.
Result<std::shared_ptr<const Modules>> load_modules(const std::string& file);

}  // namespace sonde::agent::blackbox

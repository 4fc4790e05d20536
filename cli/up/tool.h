// Programs that do one thing and end, as initdb does; not supervised.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/up/user.h"

namespace sonde::cli::up {

struct ToolResult {
    int exit_code = 0;   // 128 and more: ended by a signal
    std::string output;  // standard output and error, the last 64 KiB
};

// Runs it to its end with `input` on standard input (at most 4 KiB), as `user` if given, in `/`. The supervisor's signals are blocked here and
// not in the tool, which a Ctrl-C therefore ends. Throws Failure if it cannot be started.
ToolResult run_tool(const std::vector<std::string>& arguments, const std::optional<User>& user, const std::string& input = {});

// The first of `names` that exists below one of `directories` or in PATH; empty if none does.
std::filesystem::path find_program(const std::string& name, const std::vector<std::filesystem::path>& directories);

}  // namespace sonde::cli::up

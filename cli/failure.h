// Why a command cannot go on, for people: one line, what to do about it included where that is known.
#pragma once

#include <stdexcept>
#include <string>

namespace sonde::cli {

// Exit codes of every subcommand; `check` adds its own.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

// Thrown anywhere in the command line; `main` prints the text after `sonde: ` and exits with the code.
class Failure : public std::runtime_error {
public:
    explicit Failure(const std::string& what, int exit_code = kFailed) : std::runtime_error(what), exit_code_(exit_code) {}
    [[nodiscard]] int exit_code() const { return exit_code_; }

private:
    int exit_code_;
};

}  // namespace sonde::cli

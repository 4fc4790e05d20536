// The whole of Sonde on one machine, brought up in order and kept up.
#pragma once

#include <functional>
#include <string>

#include "cli/up/say.h"

namespace sonde::cli::up {

struct Options {
    std::string data = "var";
    int port = -1;  // -1: the one of last time, or 8600; 0: any free one
    bool fresh = false;
};

inline constexpr int kDefaultPort = 8600;

// Starts everything, calls `on_ready` once all is ready, and returns after a signal has asked for the end and everything has
// ended. Throws Failure if it cannot start; then all that was started has ended too.
void run_stack(const Options& options, const std::function<void(Say&)>& on_ready);

}  // namespace sonde::cli::up

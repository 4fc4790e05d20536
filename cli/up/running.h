// A supervisor seen from another process: whether it runs, how its children are, and how it is asked to stop.
#pragma once

#include "cli/up/layout.h"

namespace sonde::cli::up {

// Called by a supervisor that holds the lock.
void write_pid(const Layout& layout);

// Prints a table of the processes. Exit code: 0 all ready, 1 something is not, 3 nothing runs.
int print_status(const Layout& layout);

// Asks the supervisor for an orderly end and waits for it, at most ninety seconds. Says so and succeeds if none runs.
int stop_running(const Layout& layout);

// Ends what a supervisor that was killed has left behind, by number and start time; waits for it. Only for the holder of the lock.
void end_leftovers(const Layout& layout);

}  // namespace sonde::cli::up

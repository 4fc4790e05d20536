// Connections to our own servers on 127.0.0.1.
#pragma once

#include "lib/base/instant.h"

namespace sonde::cli::up {

// A connected socket with `deadline` on each read and write; -1 if nothing listens there. The caller closes it.
int connect_local(int port, milliseconds deadline);

}  // namespace sonde::cli::up

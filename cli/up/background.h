// `--background`: the supervisor in a session of its own, while the caller waits for its word.
#pragma once

#include <functional>

namespace sonde::cli::up {

// Runs `work(ready)` in a new session. Returns in the calling process: 0 once `ready` was called, else the code that `work` ended with. What `work` prints
// until then is seen here; afterwards its output goes nowhere. A Ctrl-C before that is passed on to it.
int in_background(const std::function<int(const std::function<void()>& ready)>& work);

}  // namespace sonde::cli::up

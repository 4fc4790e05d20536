// Running a loop from a test, a turn at a time.
#pragma once

#include <chrono>

#include "lib/uv/loop.h"

namespace sonde::test {

// Does what is ready now, without waiting.
inline void turn(uv::Loop& loop) { uv_run(loop.raw(), UV_RUN_NOWAIT); }

// Until `condition` holds; false if it does not within the deadline.
template <class Condition>
bool turn_until(uv::Loop& loop, Condition condition, milliseconds deadline = milliseconds{5000}) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    // A timer keeps the loop from waiting for ever.
    uv::Timer tick(loop);
    tick.every(milliseconds{5}, [] {});
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        uv_run(loop.raw(), UV_RUN_ONCE);
    }
    return true;
}

}  // namespace sonde::test

// How long the loop is away from its sockets.
#pragma once

#include <uv.h>

#include "lib/uv/loop.h"

namespace sonde::agent {

// Measures each turn of the loop without the time it waits in. To be made before the loop runs. Loop thread only.
class LoopWatch {
public:
    explicit LoopWatch(uv::Loop& loop);
    ~LoopWatch();
    LoopWatch(const LoopWatch&) = delete;
    LoopWatch& operator=(const LoopWatch&) = delete;

    // The longest turn since this was last asked.
    microseconds take_longest();

private:
    struct State {
        uv_prepare_t handle;
        std::uint64_t turn_began = 0;
        std::uint64_t idle = 0;
        std::uint64_t longest = 0;
    };
    State* state_;  // freed in the handle's close callback
};

}  // namespace sonde::agent

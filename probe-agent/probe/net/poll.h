// One socket watched on the loop.
#pragma once

#include <uv.h>

#include "lib/uv/loop.h"

namespace sonde::agent {

// Watches a socket it does not own. Loop thread only. Destroying it ends the watch at once, also from inside its own callback;
// the socket may then be closed, or watched by somebody else. Throws std::runtime_error if the socket cannot be watched.
class Poll {
public:
    // `status` is 0 or a libuv error; `events` are UV_READABLE and UV_WRITABLE.
    using Ready = void (*)(void* owner, int fd, int status, int events);

    Poll(uv::Loop& loop, int fd, void* owner, Ready ready);
    ~Poll();
    Poll(const Poll&) = delete;
    Poll& operator=(const Poll&) = delete;

    void watch(int events);

private:
    struct State {
        uv_poll_t handle;
        int fd;
        void* owner;
        Ready ready;
    };
    State* state_;  // freed in the handle's close callback
};

}  // namespace sonde::agent

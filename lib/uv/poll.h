// One socket watched on a loop.
#pragma once

#include <uv.h>

#include <cstdint>

#include "lib/uv/loop.h"

namespace sonde::uv {

class PollSet;

// Watches a socket it does not own. Loop thread only; destroyed before the socket is closed or somebody else watches it, and before its loop. Destroying
// it ends the watch at once, also from inside its own callback, which must not throw. It costs a system call for each change of what is watched
// for, and nothing else: libuv's own handle for a socket costs six and an allocation (ADR 35).
class Poll {
public:
    // `status` is 0 or UV_EBADF: the socket has an error, and is not watched any more. `events` are UV_READABLE and UV_WRITABLE, of those watched for;
    // a socket that was hung up has all of them.
    using Ready = void (*)(void* owner, int fd, int status, int events);

    // The first of a loop throws std::runtime_error if no descriptor is left for the loop's set.
    Poll(Loop& loop, int fd, void* owner, Ready ready);
    ~Poll();
    Poll(const Poll&) = delete;
    Poll& operator=(const Poll&) = delete;

    // For UV_READABLE, UV_WRITABLE, both, or 0 for neither. Throws std::runtime_error if the kernel cannot watch it.
    void watch(int events);

private:
    friend class PollSet;
    void happened(std::uint32_t events);

    PollSet& set_;
    int fd_;
    void* owner_;
    Ready ready_;
    int watched_ = 0;
};

}  // namespace sonde::uv

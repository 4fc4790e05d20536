// All that is watched on one loop by `Poll`: an epoll set of its own, which the loop watches as one descriptor.
#pragma once

#include <uv.h>

#include <cstdint>
#include <vector>

namespace sonde::uv {

class Poll;

// Loop thread only. Owned by its loop.
class PollSet {
public:
    // Throws std::runtime_error if there cannot be one.
    explicit PollSet(uv_loop_t* loop);
    ~PollSet();
    PollSet(const PollSet&) = delete;
    PollSet& operator=(const PollSet&) = delete;

    // From `before` to `events`, of UV_READABLE and UV_WRITABLE; 0 is out of the set. Throws std::runtime_error if the kernel refuses.
    void change(Poll& poll, int fd, int before, int events);

private:
    // Who watches a descriptor, and the how manieth watch that is: what the kernel told of one before is not for the next of the same number.
    struct Place {
        Poll* poll = nullptr;
        std::uint32_t serial = 0;
    };

    void look();

    int fd_;
    uv_poll_t* handle_;          // freed in its close callback
    std::vector<Place> places_;  // by descriptor
};

}  // namespace sonde::uv

#include "lib/uv/poll.h"

#include <sys/epoll.h>

#include "lib/uv/poll_set.h"

namespace sonde::uv {

Poll::Poll(Loop& loop, int fd, void* owner, Ready ready) : set_(loop.polls()), fd_(fd), owner_(owner), ready_(ready) {}

Poll::~Poll() {
    if (watched_ != 0) set_.change(*this, fd_, watched_, 0);
}

void Poll::watch(int events) {
    if (events == watched_) return;
    set_.change(*this, fd_, watched_, events);
    watched_ = events;
}

// Nothing of this is touched after `ready_`, which may have destroyed it.
void Poll::happened(std::uint32_t events) {
    if ((events & EPOLLERR) != 0) {
        watch(0);
        return ready_(owner_, fd_, UV_EBADF, 0);
    }
    const bool hung_up = (events & EPOLLHUP) != 0;
    const int seen = (hung_up || (events & EPOLLIN) != 0 ? UV_READABLE : 0) | (hung_up || (events & EPOLLOUT) != 0 ? UV_WRITABLE : 0);
    ready_(owner_, fd_, 0, seen & watched_);
}

}  // namespace sonde::uv

#include "lib/uv/poll_set.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "lib/uv/poll.h"

namespace sonde::uv {
namespace {

// Of one turn of the loop; what is more is told in the next, after all else that waits.
constexpr std::size_t kMostAtOnce = 1024;

[[noreturn]] void refuse(int code) { throw std::runtime_error(std::string("cannot watch a socket: ") + std::strerror(code)); }

std::uint32_t epoll_events(int events) {
    return ((events & UV_READABLE) != 0 ? std::uint32_t{EPOLLIN} : 0U) | ((events & UV_WRITABLE) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

std::uint64_t ticket(int fd, std::uint32_t serial) { return std::uint64_t{serial} << 32U | static_cast<std::uint32_t>(fd); }

}  // namespace

PollSet::PollSet(uv_loop_t* loop) : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (fd_ < 0) refuse(errno);
    auto handle = std::make_unique<uv_poll_t>();
    if (const int code = uv_poll_init(loop, handle.get(), fd_); code != 0) {
        ::close(fd_);
        refuse(-code);
    }
    handle_ = handle.release();
    handle_->data = this;
    uv_poll_start(handle_, UV_READABLE, [](uv_poll_t* self, int, int) { static_cast<PollSet*>(self->data)->look(); });
}

PollSet::~PollSet() {
    // As with the loop's handles: a watch that outlives its loop is a defect of its owner, best met here.
    for (const auto& place : places_) {
        if (place.poll != nullptr) std::abort();
    }
    uv_poll_stop(handle_);
    uv_close(reinterpret_cast<uv_handle_t*>(handle_), [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
    ::close(fd_);
}

void PollSet::change(Poll& poll, int fd, int before, int events) {
    if (const auto needed = static_cast<std::size_t>(fd) + 1; places_.size() < needed) places_.resize(needed);
    auto& place = places_[static_cast<std::size_t>(fd)];
    if (events == 0) {
        place.poll = nullptr;
        ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr);
        return;
    }
    if (before == 0) place = {&poll, place.serial + 1};
    epoll_event wanted{};
    wanted.events = epoll_events(events);
    wanted.data.u64 = ticket(fd, place.serial);
    if (::epoll_ctl(fd_, before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &wanted) == 0) return;
    const int code = errno;
    place.poll = nullptr;
    refuse(code);
}

void PollSet::look() {
    std::array<epoll_event, kMostAtOnce> events;
    const int count = ::epoll_wait(fd_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        const auto fd = static_cast<int>(event.data.u64 & 0xffff'ffffU);
        // What a callback before this one did may have ended the watch.
        const auto& place = places_[static_cast<std::size_t>(fd)];
        if (place.poll != nullptr && ticket(fd, place.serial) == event.data.u64) place.poll->happened(event.events);
    }
}

}  // namespace sonde::uv

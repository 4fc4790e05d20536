#include "lib/http/event_thread.h"

#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace sonde::http {
namespace {

constexpr unsigned long long kLongestWait = 60'000;  // ms

}  // namespace

EventThread::EventThread() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_ < 0) throw std::runtime_error("cannot serve HTTP: no file descriptor is left");
}

EventThread::~EventThread() {
    stop();
    ::close(wake_);
}

void EventThread::start(MHD_Daemon* daemon) {
    thread_ = std::thread([this, daemon] { run(daemon); });
}

void EventThread::stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake();
    thread_.join();
}

void EventThread::resume(MHD_Connection* connection) {
    MHD_resume_connection(connection);
    wake();
}

void EventThread::wake() { static_cast<void>(::eventfd_write(wake_, 1)); }

void EventThread::run(MHD_Daemon* daemon) {
    const int library = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    std::array<pollfd, 2> ready{pollfd{library, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
    while (!stopping_) {
        MHD_UNSIGNED_LONG_LONG left = 0;
        const bool waits_for_ever = MHD_get_timeout(daemon, &left) != MHD_YES;
        ::poll(ready.data(), ready.size(), waits_for_ever ? -1 : static_cast<int>(std::min(left, kLongestWait)));
        // Before the library looks: what is resumed after this wakes us again.
        eventfd_t times = 0;
        static_cast<void>(::eventfd_read(wake_, &times));
        MHD_run(daemon);  // waits for nothing
        ++turns_;
    }
}

}  // namespace sonde::http

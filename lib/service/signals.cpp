#include "lib/service/signals.h"

#include <pthread.h>
#include <unistd.h>

#include "lib/log/log.h"

namespace sonde::service {
namespace {

constexpr int kGaveUp = 1;

}  // namespace

Signals::Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of the write, not the end of the process
    thread_ = std::thread([this] { listen(); });
}

Signals::~Signals() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    pthread_kill(thread_.native_handle(), SIGHUP);  // only to end its wait
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::listen() {
    while (true) {
        int signal = 0;
        if (sigwait(&set_, &signal) != 0) continue;
        const std::scoped_lock lock(mutex_);
        if (ending_) return;
        if (signal == SIGHUP) {
            reload_ = true;
        } else if (stop_) {
            log::warning("ended_at_once", "reason", "a second signal to stop");
            _exit(kGaveUp);
        } else {
            stop_ = true;
        }
        wake_.notify_all();
    }
}

Signals::Event Signals::wait() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stop_ || reload_; });
    if (stop_) return Event::stop;
    reload_ = false;
    return Event::reload;
}

}  // namespace sonde::service

#include "lib/bus/sweeper.h"

namespace sonde::bus {

Sweeper::Sweeper(Answers& answers) : answers_(answers), thread_([this] { run(); }) {}

Sweeper::~Sweeper() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    woken_.notify_one();
    thread_.join();
}

void Sweeper::wake_by(MonotonicPoint deadline) {
    if (deadline.time_since_epoch().count() >= next_) return;
    {
        const std::scoped_lock lock(mutex_);
        wake_ = true;
    }
    woken_.notify_one();
}

void Sweeper::fail_all() {
    {
        const std::scoped_lock lock(mutex_);
        wake_ = fail_ = true;
    }
    woken_.notify_one();
}

void Sweeper::run() {
    auto next = std::chrono::steady_clock::now();
    for (;;) {
        bool fail = false;
        {
            std::unique_lock lock(mutex_);
            woken_.wait_until(lock, next, [this] { return stopping_ || wake_; });
            if (stopping_) return;
            wake_ = false;
            fail = std::exchange(fail_, false);
        }
        if (fail) answers_.fail_all();
        answers_.sweep(std::chrono::steady_clock::now());
        // Whoever adds a deadline after it was asked for below finds this value, and wakes us.
        next_ = MonotonicPoint::max().time_since_epoch().count();
        next = answers_.next_deadline();
        next_ = next.time_since_epoch().count();
    }
}

}  // namespace sonde::bus

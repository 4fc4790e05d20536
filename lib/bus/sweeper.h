// Ends answers that are overdue, on a thread that never waits for the connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "lib/bus/answers.h"

namespace sonde::bus {

class Sweeper {
public:
    explicit Sweeper(Answers& answers);
    ~Sweeper();
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;

    // To be called after each new deadline. Cheap unless it is the earliest.
    void wake_by(MonotonicPoint deadline);
    // Ends everything that is open now, soon, on the sweeper's thread.
    void fail_all();

private:
    void run();

    Answers& answers_;
    std::mutex mutex_;
    std::condition_variable woken_;
    bool stopping_ = false;
    bool wake_ = false;
    bool fail_ = false;
    std::atomic<MonotonicPoint::rep> next_{0};  // when it looks again unless woken; 0 while it looks
    std::thread thread_;
};

}  // namespace sonde::bus

// A thread on which answers to scrapes are made: judging a large body may take longer than the loop, or the HTTP server's, can be away.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sonde::agent::blackbox {

// How much waits is bounded by who gives it work. Any thread. Destroying it does what is there first.
class AnswerThread {
public:
    AnswerThread();
    ~AnswerThread();
    AnswerThread(const AnswerThread&) = delete;
    AnswerThread& operator=(const AnswerThread&) = delete;

    // Must not throw. One after the other.
    void add(std::function<void()> work);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sonde::agent::blackbox

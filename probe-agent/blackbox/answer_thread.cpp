#include "probe-agent/blackbox/answer_thread.h"

#include <utility>

namespace sonde::agent::blackbox {

AnswerThread::AnswerThread() : thread_([this] { run(); }) {}

AnswerThread::~AnswerThread() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void AnswerThread::add(std::function<void()> work) {
    {
        const std::scoped_lock lock(mutex_);
        waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
}

void AnswerThread::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const auto work = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        work();
        lock.lock();
    }
}

}  // namespace sonde::agent::blackbox

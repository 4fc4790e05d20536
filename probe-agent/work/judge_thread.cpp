#include "probe-agent/work/judge_thread.h"

#include "lib/check/judge.h"

namespace sonde::agent {

JudgeThread::~JudgeThread() {
    *here_ = false;
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void JudgeThread::judge(std::shared_ptr<const Target> target, check::Observation observation, TimePoint started_at, Done done) {
    auto one = std::make_shared<Case>(Case{std::move(target), std::move(observation), started_at, std::move(done), {}});
    {
        const std::scoped_lock lock(mutex_);
        waiting_.push_back(std::move(one));
    }
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    wake_.notify_one();
}

void JudgeThread::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        auto one = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        one->judgement = check::judge(one->target->spec, one->observation, one->started_at);
        loop_.post([here = here_, one = std::move(one)] {
            if (*here) one->done(std::move(one->observation), std::move(one->judgement));
        });
        lock.lock();
    }
}

}  // namespace sonde::agent

// Judging apart from the loop: a large body and many patterns take longer than the loop may be away from its sockets.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "lib/check/judgement.h"
#include "lib/check/observation.h"
#include "lib/uv/loop.h"
#include "probe-agent/probe/target.h"

namespace sonde::agent {

// One thread, which takes one observation after the other. Loop thread only. Destroying it waits for the one being judged; what is not
// reported by then never is. The loop must outlive it.
class JudgeThread {
public:
    using Done = std::function<void(check::Observation, check::Judgement)>;

    explicit JudgeThread(uv::Loop& loop) : loop_(loop) {}
    ~JudgeThread();
    JudgeThread(const JudgeThread&) = delete;
    JudgeThread& operator=(const JudgeThread&) = delete;

    // `done` is called once, on the loop, never before this returned. How many wait is bounded by how many checks may be under way.
    void judge(std::shared_ptr<const Target> target, check::Observation observation, TimePoint started_at, Done done);

private:
    struct Case {
        std::shared_ptr<const Target> target;
        check::Observation observation;
        TimePoint started_at;
        Done done;
        check::Judgement judgement;
    };

    void work();

    uv::Loop& loop_;
    std::shared_ptr<bool> here_ = std::make_shared<bool>(true);  // false once this is destroyed; of the loop's thread
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<Case>> waiting_;
    bool stopping_ = false;
    std::thread thread_;  // from the first case on
};

}  // namespace sonde::agent

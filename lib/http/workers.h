// A fixed number of threads and a bounded queue before them. Internal to lib/http.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/metrics/metrics.h"

namespace sonde::http {

class Workers {
public:
    // `may_run` is false for work that was still queued when the pool stopped. Work must not throw.
    using Work = std::function<void(bool may_run)>;

    Workers(int threads, std::size_t max_queued, metrics::Gauge& queued);
    ~Workers();  // as `stop`
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    // False, and nothing happens, if the queue is full or the pool stops. Any thread.
    bool submit(Work work);
    // Lets running work end and calls what is queued with false, on this thread.
    void stop();

private:
    void run();

    const std::size_t max_queued_;
    metrics::Gauge& queued_gauge_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Work> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace sonde::http

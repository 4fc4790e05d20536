#include "lib/http/workers.h"

#include <utility>

namespace sonde::http {

Workers::Workers(int threads, std::size_t max_queued, metrics::Gauge& queued) : max_queued_(max_queued), queued_gauge_(queued) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() { stop(); }

bool Workers::submit(Work work) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopping_ || queue_.size() >= max_queued_) return false;
        queue_.push_back(std::move(work));
        queued_gauge_.set(static_cast<double>(queue_.size()));
    }
    wake_.notify_one();
    return true;
}

void Workers::stop() {
    std::deque<Work> left;
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        left.swap(queue_);
        queued_gauge_.set(0);
    }
    wake_.notify_all();
    for (auto& work : left) work(false);
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

void Workers::run() {
    while (true) {
        Work work;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            work = std::move(queue_.front());
            queue_.pop_front();
            queued_gauge_.set(static_cast<double>(queue_.size()));
        }
        work(true);
    }
}

}  // namespace sonde::http

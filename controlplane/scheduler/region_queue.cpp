#include "controlplane/scheduler/region_queue.h"

#include <utility>

namespace sonde::scheduler {

std::vector<Batch> RegionQueue::push(Batch batch) {
    std::vector<Batch> shed;
    jobs_ += batch.jobs.size();
    waiting_.push_back(std::move(batch));
    while (jobs_ > limits_->jobs) {
        jobs_ -= waiting_.front().jobs.size();
        shed.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return shed;
}

std::optional<Batch> RegionQueue::pop(TimePoint now) {
    if (waiting_.empty()) return std::nullopt;
    // In trouble, one batch is sent to find out whether it is over.
    if (in_flight_ >= (in_trouble() ? 1 : limits_->in_flight)) return std::nullopt;
    // A clock that was set back must not make the pause longer than it can be.
    if (in_trouble() && now < resume_at_ && resume_at_ - now <= limits_->pause_max) return std::nullopt;
    Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    jobs_ -= batch.jobs.size();
    ++in_flight_;
    return batch;
}

void RegionQueue::accepted() {
    --in_flight_;
    pause_ = milliseconds{0};
}

void RegionQueue::failed(Batch batch, bool refused, TimePoint now) {
    --in_flight_;
    // Several that were in flight together fail together: that is one failure.
    if (!in_trouble() || now >= resume_at_) {
        pause_ = in_trouble() ? std::min(pause_ * 2, limits_->pause_max) : limits_->pause_min;
        resume_at_ = now + pause_;
    }
    jobs_ += batch.jobs.size();
    if (refused) {
        waiting_.push_back(std::move(batch));
    } else {
        waiting_.push_front(std::move(batch));
    }
}

std::vector<Batch> RegionQueue::clear() {
    std::vector<Batch> all(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    jobs_ = 0;
    return all;
}

}  // namespace sonde::scheduler

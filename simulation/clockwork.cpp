#include "simulation/clockwork.h"

#include <algorithm>
#include <utility>

namespace sonde::simulation {

void Clockwork::at(TimePoint when, What what) { queue_.push({std::max(when, now_), ++order_, std::move(what)}); }

void Clockwork::run_until(TimePoint end) {
    while (!queue_.empty() && queue_.top().when <= end) {
        now_ = queue_.top().when;
        const auto what = std::move(queue_.top().what);
        queue_.pop();
        ++happened_;
        what();
    }
    now_ = end;
}

void Process::start() {
    if (running_) return;
    running_ = true;
    ++life_;
    begin();
}

void Process::crash() {
    if (!running_) return;
    running_ = false;
    stopped_ = false;
    held_.clear();
    forget();
}

void Process::go_on() {
    stopped_ = false;
    for (auto& what : std::exchange(held_, {})) clockwork_.after(milliseconds{0}, std::move(what));
}

Process::What Process::ours(What what) {
    return [this, life = life_, what = std::move(what)] {
        if (!running_ || life != life_) return;
        if (stopped_) {
            held_.push_back(ours(what));
            return;
        }
        what();
    };
}

}  // namespace sonde::simulation

#include "incident-engine/hearing.h"

#include <algorithm>

#include "lib/message/subject.h"

namespace sonde::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostMarks = 256;
constexpr milliseconds kBetween{50};
constexpr milliseconds kInterest{2000};

}  // namespace

void HeardMarks::answered(TimePoint asked, const bus::ConsumerState& state) {
    if (state.pending == 0) {
        // A consumer that begins anew delivers what the marks before it are about once more.
        while (!marks_.empty() && marks_.back().delivered > state.delivered_sequence) marks_.pop_back();
        marks_.push_back({asked, state.delivered_sequence});
        if (marks_.size() > kMostMarks) marks_.pop_front();
    }
    while (!marks_.empty() && marks_.front().delivered <= state.acked_sequence) {
        heard_until_ = std::max(heard_until_, marks_.front().asked);
        marks_.pop_front();
    }
}

void Hearing::start() {
    thread_ = std::thread([this] { run(); });
}

void Hearing::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Hearing::want(int shard) {
    {
        const std::scoped_lock lock(mutex_);
        auto& until = wanted_until_[static_cast<std::size_t>(shard)];
        const auto now = Clock::now();
        if (until < now) news_ = true;
        until = now + kInterest;
        if (!news_) return;
    }
    wake_.notify_all();
}

void Hearing::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const auto wanted = wanted_until_;
        const auto now = Clock::now();
        news_ = false;
        lock.unlock();
        bool any = false;
        for (int shard = 0; shard < kShards; ++shard) {
            if (wanted[static_cast<std::size_t>(shard)] < now) continue;
            any = true;
            ask(shard);
        }
        lock.lock();
        const auto woken = [this] { return stopping_ || news_; };
        if (any) {
            wake_.wait_for(lock, kBetween, woken);
        } else {
            wake_.wait(lock, woken);
        }
    }
}

// Whatever cannot be found out now is asked again.
void Hearing::ask(int shard) {
    const auto asked = wall_now();
    auto& marks = marks_[static_cast<std::size_t>(shard)];
    const auto state = bus_.consumer_state(std::string(message::subject::results_stream), message::subject::engine_consumer(shard));
    if (!state || !*state) return marks.forget();
    marks.answered(asked, **state);
    heard_[static_cast<std::size_t>(shard)] = to_unix_ms(marks.heard_until());
}

}  // namespace sonde::engine

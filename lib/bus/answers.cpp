#include "lib/bus/answers.h"

#include <algorithm>

namespace sonde::bus {

std::uint64_t Answers::add(Open open) {
    earliest_ = std::min(earliest_, open.deadline);
    open_.emplace(++last_, std::move(open));
    return last_;
}

std::uint64_t Answers::expect_ack(OnPublished& done, MonotonicPoint deadline) {
    const std::scoped_lock lock(mutex_);
    if (open_.size() >= capacity_) return 0;
    ++publishes_;
    return add({deadline, std::move(done), {}});
}

std::uint64_t Answers::expect_reply(OnReply& done, MonotonicPoint deadline) {
    const std::scoped_lock lock(mutex_);
    if (open_.size() >= capacity_) return 0;
    return add({deadline, {}, std::move(done)});
}

void Answers::acknowledged(std::uint64_t number, PublishOutcome outcome) {
    OnPublished done;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = open_.find(number);
        if (found == open_.end() || !found->second.on_published) return;
        done = std::move(found->second.on_published);
        open_.erase(found);
        --publishes_;
    }
    done(outcome);
}

void Answers::replied(std::uint64_t number, std::optional<Delivery> reply) {
    OnReply done;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = open_.find(number);
        if (found == open_.end() || !found->second.on_reply) return;
        done = std::move(found->second.on_reply);
        open_.erase(found);
    }
    done(std::move(reply));
}

bool Answers::is_publish(std::uint64_t number) const {
    const std::scoped_lock lock(mutex_);
    const auto found = open_.find(number);
    return found != open_.end() && found->second.on_published;
}

void Answers::end(std::vector<Open>& ended) {
    for (auto& open : ended) {
        if (open.on_published) {
            open.on_published(PublishOutcome::timed_out);
        } else {
            open.on_reply(std::nullopt);
        }
    }
}

void Answers::sweep(MonotonicPoint now) {
    std::vector<Open> overdue;
    {
        const std::scoped_lock lock(mutex_);
        if (now < earliest_) return;
        earliest_ = MonotonicPoint::max();
        for (auto at = open_.begin(); at != open_.end();) {
            if (at->second.deadline > now) {
                earliest_ = std::min(earliest_, at->second.deadline);
                ++at;
                continue;
            }
            if (at->second.on_published) --publishes_;
            overdue.push_back(std::move(at->second));
            at = open_.erase(at);
        }
    }
    end(overdue);
}

void Answers::fail_all() {
    std::vector<Open> all;
    {
        const std::scoped_lock lock(mutex_);
        for (auto& [number, open] : open_) all.push_back(std::move(open));
        open_.clear();
        publishes_ = 0;
        earliest_ = MonotonicPoint::max();
    }
    end(all);
}

MonotonicPoint Answers::next_deadline() const {
    const std::scoped_lock lock(mutex_);
    return earliest_;
}

std::size_t Answers::open_publishes() const {
    const std::scoped_lock lock(mutex_);
    return publishes_;
}

}  // namespace sonde::bus

#include "incident-engine/intake.h"

#include <algorithm>

#include "lib/message/subject.h"

namespace sonde::engine {
namespace {

constexpr std::chrono::seconds kSilence{10};

// Told from the text, since reading it is the worker's business. A word in a message for people may cost a few milliseconds' wait.
bool looks_pressing(std::string_view payload) {
    return payload.find("\"down\"") != std::string_view::npos || payload.find("\"degraded\"") != std::string_view::npos ||
           payload.find("\"confirm\"") != std::string_view::npos;
}

}  // namespace

Intake::Intake(bus::Bus& bus, IntakeOptions options) : bus_(bus), options_(options), pace_(options.pull_messages) {}

Intake::~Intake() {
    for (int shard = 0; shard < kShards; ++shard) close(shard);
}

// It asks for nothing, and so gets nothing, before `ask` is called on it.
std::shared_ptr<bus::Puller> Intake::pull(int shard) {
    return bus_.pull(std::string(message::subject::results_stream), message::subject::engine_consumer(shard),
                     [this, shard](bus::Delivery delivery) { put(shard, std::move(delivery)); });
}

void Intake::open(int shard) {
    auto puller = pull(shard);
    const std::scoped_lock lock(mutex_);
    pullers_[static_cast<std::size_t>(shard)] = std::move(puller);
    pending_[static_cast<std::size_t>(shard)] = 0;
    ask();
}

void Intake::ask_anew(int shard) {
    auto& place = pullers_[static_cast<std::size_t>(shard)];
    std::shared_ptr<bus::Puller> old;
    {
        const std::scoped_lock lock(mutex_);
        old = place;
    }
    if (!old) return;
    auto fresh = pull(shard);
    {
        const std::scoped_lock lock(mutex_);
        if (place != old) return;  // closed meanwhile, or opened by somebody else
        place = std::move(fresh);
        ask();
    }
    // `old` ends here, outside the lock, which its callback takes.
}

void Intake::close(int shard) {
    const auto index = static_cast<std::size_t>(shard);
    std::shared_ptr<bus::Puller> puller;
    {
        const std::scoped_lock lock(mutex_);
        puller = std::exchange(pullers_[index], nullptr);
    }
    puller.reset();  // outside the lock, which its callback takes; after this no message comes any more
    std::deque<Parcel> given_back;
    {
        const std::scoped_lock lock(mutex_);
        const auto ours = std::stable_partition(queue_.begin(), queue_.end(), [&](const Parcel& parcel) { return parcel.shard != shard; });
        std::move(ours, queue_.end(), std::back_inserter(given_back));
        queue_.erase(ours, queue_.end());
        queued_[index] = 0;
        if (queue_.empty()) ready_at_.reset();
    }
    for (const auto& parcel : given_back) bus_.not_now(parcel.delivery, milliseconds{0});
}

void Intake::put(int shard, bus::Delivery delivery) {
    const bool pressing = looks_pressing(delivery.payload);
    const auto now = std::chrono::steady_clock::now();
    const auto ready = now + (pressing ? options_.linger : options_.relaxed_linger);
    const auto wall = wall_now();
    const auto reached = delivery.stored_at == TimePoint{} ? wall : std::min(delivery.stored_at, wall);
    const auto index = static_cast<std::size_t>(shard);
    {
        const std::scoped_lock lock(mutex_);
        pending_[index] = delivery.pending;
        last_came_[index] = now;
        queue_.push_back({std::move(delivery), shard, reached, pressing});
        ++queued_[index];
        if (queued_[index] >= pace_.room() / 2) ready_at_ = MonotonicPoint::min();
        if (ready_at_ && *ready_at_ <= ready) return;
        ready_at_ = ready;
    }
    changed_.notify_one();
}

void Intake::wait(MonotonicPoint until) {
    std::unique_lock lock(mutex_);
    while (!nudged_) {
        const auto now = std::chrono::steady_clock::now();
        const auto wake = ready_at_ ? std::min(until, *ready_at_) : until;
        if (now >= wake) break;
        changed_.wait_until(lock, wake);
    }
    nudged_ = false;
}

void Intake::nudge() {
    {
        const std::scoped_lock lock(mutex_);
        nudged_ = true;
    }
    changed_.notify_one();
}

std::vector<Parcel> Intake::take(std::size_t max) {
    std::vector<Parcel> taken;
    const std::scoped_lock lock(mutex_);
    const auto count = std::min(max, queue_.size());
    taken.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        --queued_[static_cast<std::size_t>(queue_.front().shard)];
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    ready_at_.reset();
    if (!queue_.empty()) ready_at_ = MonotonicPoint::min();
    pace_.took(taken.size(), static_cast<std::size_t>(std::count_if(pullers_.begin(), pullers_.end(), [](const auto& puller) { return puller != nullptr; })),
               std::chrono::steady_clock::now());
    ask();
    return taken;
}

void Intake::put_back(std::vector<Parcel> parcels) {
    const std::scoped_lock lock(mutex_);
    for (const auto& parcel : parcels) ++queued_[static_cast<std::size_t>(parcel.shard)];
    queue_.insert(queue_.begin(), std::make_move_iterator(parcels.begin()), std::make_move_iterator(parcels.end()));
    if (!queue_.empty()) ready_at_ = MonotonicPoint::min();
    ask();
}

void Intake::ask() {
    for (std::size_t i = 0; i < pullers_.size(); ++i) {
        if (pullers_[i]) pullers_[i]->want(std::max(0, pace_.room() - queued_[i]));
    }
}

StreamClock::Waiting Intake::waiting() const {
    const auto now = std::chrono::steady_clock::now();
    StreamClock::Waiting waiting{};
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        waiting[i] = pullers_[i] && (queued_[i] > 0 || (pending_[i] > 0 && now < last_came_[i] + kSilence));
    }
    return waiting;
}

bool Intake::hungry(int shard) const {
    const std::scoped_lock lock(mutex_);
    const auto index = static_cast<std::size_t>(shard);
    return pullers_[index] && queued_[index] == 0 && pullers_[index]->asking();
}

std::vector<int> Intake::shards() const {
    const std::scoped_lock lock(mutex_);
    std::vector<int> open;
    for (int shard = 0; shard < kShards; ++shard) {
        if (pullers_[static_cast<std::size_t>(shard)]) open.push_back(shard);
    }
    return open;
}

}  // namespace sonde::engine

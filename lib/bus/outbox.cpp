#include "lib/bus/outbox.h"

#include <algorithm>
#include <utility>

namespace sonde::bus {
namespace {

constexpr std::size_t kMaxMessages = 65536;
constexpr std::size_t kMaxBytes = 64U << 20U;

std::size_t size_of(const Outgoing& message) { return message.subject.size() + message.reply.size() + message.payload.size(); }

}  // namespace

Outbox::Outbox(std::function<void(const Outgoing&)> send) : send_(std::move(send)), thread_([this] { run(); }) {}

Outbox::~Outbox() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool Outbox::put(Outgoing&& message) {
    const auto size = size_of(message);
    {
        const std::scoped_lock lock(mutex_);
        if (queue_.size() >= kMaxMessages || bytes_ + size > kMaxBytes) return false;
        bytes_ += size;
        ++put_;
        queue_.push_back(std::move(message));
        if (queue_.size() > 1) return true;  // the thread is awake, or was told already
    }
    changed_.notify_one();
    return true;
}

bool Outbox::drained(MonotonicPoint deadline) {
    std::unique_lock lock(mutex_);
    const auto target = put_;
    return sent_changed_.wait_until(lock, deadline, [this, target] { return sent_ >= target; });
}

void Outbox::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        std::deque<Outgoing> batch;
        batch.swap(queue_);
        lock.unlock();
        std::size_t bytes = 0;
        for (const auto& message : batch) {
            send_(message);
            bytes += size_of(message);
        }
        lock.lock();
        bytes_ -= bytes;
        sent_ += batch.size();
        sent_changed_.notify_all();
    }
}

}  // namespace sonde::bus

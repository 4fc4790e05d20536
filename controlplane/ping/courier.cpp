#include "controlplane/ping/courier.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include "lib/base/shard.h"
#include "lib/message/subject.h"

namespace sonde::ping {
namespace {

using Clock = std::chrono::steady_clock;

struct Waiting {
    message::ProbeResult result;
    Courier::Done done;
    MonotonicPoint since;
};

void tell(const std::vector<Waiting>& those, bool accepted) {
    for (const auto& one : those) one.done(accepted);
}

}  // namespace

struct Courier::State : std::enable_shared_from_this<State> {
    State(bus::Bus& given_bus, std::string given_name, Limits given_limits)
        : bus(given_bus), name(std::move(given_name)), limits(given_limits) {}

    struct Queue {
        std::mutex mutex;
        std::vector<Waiting> waiting;
        bool under_way = false;
    };

    std::vector<Waiting> take(Queue& queue) const;
    void publish(int shard, std::vector<Waiting> those);
    void answered(int shard, const std::vector<Waiting>& those, bool accepted);

    bus::Bus& bus;
    const std::string name;
    const Limits limits;
    std::array<Queue, kShards> queues;
};

// As many of the oldest as one message may have. With the lock held.
std::vector<Waiting> Courier::State::take(Queue& queue) const {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (count < queue.waiting.size() && count < limits.results) {
        bytes += 400 + queue.waiting[count].result.detail.size();
        if (count > 0 && bytes > limits.bytes) break;
        ++count;
    }
    const auto end = queue.waiting.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Waiting> taken(std::make_move_iterator(queue.waiting.begin()), std::make_move_iterator(end));
    queue.waiting.erase(queue.waiting.begin(), end);
    return taken;
}

void Courier::State::publish(int shard, std::vector<Waiting> those) {
    message::ResultBatch batch{std::string(message::subject::push_region), name, shard, wall_now(), {}};
    batch.results.reserve(those.size());
    for (auto& one : those) batch.results.push_back(std::move(one.result));
    const auto waited = std::chrono::duration_cast<milliseconds>(Clock::now() - those.front().since);
    const auto left = std::max(limits.deadline - waited, milliseconds{1});
    const auto subject = message::subject::results(shard, message::subject::push_region);
    auto carried = std::make_shared<std::vector<Waiting>>(std::move(those));
    bus.publish_to_stream(
        subject, message::write_result_batch(batch),
        [self = shared_from_this(), shard, carried](bus::PublishOutcome outcome) {
            self->answered(shard, *carried, outcome == bus::PublishOutcome::accepted);
        },
        left);
}

// A bus that took nothing will not take the rest sooner: all that waits is told so.
void Courier::State::answered(int shard, const std::vector<Waiting>& those, bool accepted) {
    auto& queue = queues.at(static_cast<std::size_t>(shard));
    std::vector<Waiting> next;
    {
        const std::scoped_lock lock(queue.mutex);
        if (accepted) {
            next = take(queue);
        } else {
            next.swap(queue.waiting);
        }
        queue.under_way = accepted && !next.empty();
    }
    tell(those, accepted);
    if (!accepted) return tell(next, false);
    if (!next.empty()) publish(shard, std::move(next));
}

Courier::Courier(bus::Bus& bus, std::string name, Limits limits) : state_(std::make_shared<State>(bus, std::move(name), limits)) {}

Courier::~Courier() = default;

void Courier::send(message::ProbeResult result, Done done) {
    const int shard = shard_of(result.site);
    auto& queue = state_->queues.at(static_cast<std::size_t>(shard));
    std::vector<Waiting> next;
    {
        const std::scoped_lock lock(queue.mutex);
        if (queue.waiting.size() < state_->limits.waiting) {
            queue.waiting.push_back({std::move(result), std::move(done), Clock::now()});
            if (queue.under_way) return;
            next = state_->take(queue);
            queue.under_way = true;
        }
    }
    if (next.empty()) return done(false);
    state_->publish(shard, std::move(next));
}

}  // namespace sonde::ping

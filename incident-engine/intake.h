// Result messages on their way from the bus to the worker: a puller for each owned shard, and one queue.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "incident-engine/pace.h"
#include "incident-engine/stream_clock.h"
#include "lib/bus/bus.h"

namespace sonde::engine {

// A message as it came, with its shard.
struct Parcel {
    bus::Delivery delivery;
    int shard = 0;
    TimePoint reached;      // the stream: by its server's clock, but no later than it was here
    bool pressing = false;  // has a failure or a confirmation in it
};

struct IntakeOptions {
    int pull_messages = 128;          // of one shard, in the queue, at most (Pace)
    milliseconds linger{20};          // after the first pressing message
    milliseconds relaxed_linger{20}; // after the first message
};

// Thread-safe. Messages leave by `take` or `close`; who takes them acknowledges them.
class Intake {
public:
    Intake(bus::Bus& bus, IntakeOptions options);
    ~Intake();
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    // Begins and ends to ask for a shard's messages. Those still queued when it is closed are given back to the bus.
    void open(int shard);
    void close(int shard);
    // The shard's consumer was made anew: what the old one was asked for will never come. Without effect if the shard is not open.
    void ask_anew(int shard);

    // Waits until messages have lingered long enough, `nudge` was called, or it is `until`.
    void wait(MonotonicPoint until);
    void nudge();

    // At most so many of the oldest; asks the bus for as many as there is room for again.
    std::vector<Parcel> take(std::size_t max);
    // To the front of the queue, in their order.
    void put_back(std::vector<Parcel> parcels);

    // Of which shards there are messages that were not taken: they are in the queue, or the last that came had others behind it. The bus is not
    // waited for any longer if none of those comes in kSilence: then whoever waits for it would wait for what may never come.
    [[nodiscard]] StreamClock::Waiting waiting() const;

    // For the watchdog: whether messages of the shard are being asked for, and are not coming.
    [[nodiscard]] bool hungry(int shard) const;
    [[nodiscard]] std::vector<int> shards() const;

private:
    std::shared_ptr<bus::Puller> pull(int shard);
    void put(int shard, bus::Delivery delivery);
    void ask();  // with the lock held

    bus::Bus& bus_;
    const IntakeOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::array<std::shared_ptr<bus::Puller>, kShards> pullers_;
    std::array<int, kShards> queued_{};
    std::array<std::uint64_t, kShards> pending_{};      // behind the last that came
    std::array<MonotonicPoint, kShards> last_came_{};
    std::deque<Parcel> queue_;
    Pace pace_;
    std::optional<MonotonicPoint> ready_at_;  // when the queue has lingered long enough
    bool nudged_ = false;
};

}  // namespace sonde::engine

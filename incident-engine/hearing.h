// How far the results that reached the stream are decided on. A heartbeat is late only when everything that could hold its ping was read.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "lib/base/shard.h"
#include "lib/bus/bus.h"

namespace sonde::engine {

// What the server said of a shard's consumer, one answer after the other. Pure.
class HeardMarks {
public:
    // The answer to a question asked at `asked`. Everything stored by then has a sequence up to the delivered one, if nothing was pending.
    void answered(TimePoint asked, const bus::ConsumerState& state);
    // A consumer that was made anew counts from the beginning.
    void forget() { marks_.clear(); }
    // All that was stored by then is acknowledged, and so decided on; the epoch if nothing is known.
    [[nodiscard]] TimePoint heard_until() const { return heard_until_; }

private:
    struct Mark {
        TimePoint asked;
        std::uint64_t delivered = 0;
    };
    std::deque<Mark> marks_;  // not yet acknowledged; the last kMost
    TimePoint heard_until_{};
};

// Asks on a thread of its own, and only while somebody wants to know. Thread-safe.
class Hearing {
public:
    explicit Hearing(bus::Bus& bus) : bus_(bus) {}
    ~Hearing() { stop(); }
    Hearing(const Hearing&) = delete;
    Hearing& operator=(const Hearing&) = delete;

    void start();
    void stop();  // waits for a question under way, a few seconds at most

    // Asks about the shard at once, and again and again for the next two seconds.
    void want(int shard);
    [[nodiscard]] TimePoint heard_until(int shard) const { return TimePoint{milliseconds{heard_[static_cast<std::size_t>(shard)].load()}}; }

private:
    void run();
    void ask(int shard);

    bus::Bus& bus_;
    std::array<std::atomic<std::int64_t>, kShards> heard_{};
    std::array<HeardMarks, kShards> marks_;  // the thread's
    std::mutex mutex_;                       // of what follows
    std::condition_variable wake_;
    std::array<MonotonicPoint, kShards> wanted_until_{};
    bool news_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sonde::engine

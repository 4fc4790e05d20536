// How many messages are worth holding: those that are decided on in a while. What waits in memory for longer than the consumer's ack wait comes once more,
// and an engine that is behind would be kept so by what it has already.
#pragma once

#include <algorithm>
#include <chrono>

#include "lib/base/instant.h"

namespace sonde::engine {

// Pure. Measures over half a second.
class Pace {
public:
    static constexpr milliseconds kAhead{2000};  // a third of the ack wait
    static constexpr int kLeast = 16;            // for each shard, however slow
    explicit Pace(int most) : most_(std::max(most, 1)), room_(std::min(kLeast, most_)) {}

    // So many were taken, of `shards` shards; room is made for as many of each as are taken in kAhead.
    void took(std::size_t messages, std::size_t shards, MonotonicPoint now) {
        taken_ += messages;
        const auto passed = std::chrono::duration_cast<milliseconds>(now - since_);
        if (passed < kMeasured) return;
        const auto of_each = taken_ * static_cast<std::size_t>(kAhead.count()) / static_cast<std::size_t>(passed.count()) / std::max<std::size_t>(shards, 1);
        room_ = static_cast<int>(std::clamp<std::size_t>(of_each, static_cast<std::size_t>(std::min(kLeast, most_)), static_cast<std::size_t>(most_)));
        taken_ = 0;
        since_ = now;
    }

    // Of one shard.
    [[nodiscard]] int room() const { return room_; }

private:
    static constexpr milliseconds kMeasured{500};
    int most_;
    int room_;
    std::size_t taken_ = 0;
    MonotonicPoint since_{};
};

}  // namespace sonde::engine

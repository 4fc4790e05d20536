// The instant that is decided on: of what had reached the results stream by then, all is decided on. An engine that is behind decides late, but as it
// would have in time: a vote is as old as it was when it reached the stream, and nobody is missed whose vote may still be read.
#pragma once

#include <array>

#include "lib/base/instant.h"
#include "lib/base/shard.h"

namespace sonde::engine {

// Pure. Never runs backwards, unless the wall clock is set back.
class StreamClock {
public:
    using Waiting = std::array<bool, kShards>;  // of which shards messages are known that were not taken yet

    // What came before `begin` is decided on as of then.
    explicit StreamClock(TimePoint begin) : now_(begin) {}

    // A message was taken, to be decided on next; it reached the stream at that instant.
    void took(int shard, TimePoint reached) {
        auto& last = reached_[static_cast<std::size_t>(shard)];
        last = std::max(last, reached);
    }

    // As far as one can go with what was taken: where nothing waits, that is now.
    TimePoint turn(const Waiting& waiting, TimePoint wall) {
        auto instant = wall;
        for (std::size_t shard = 0; shard < waiting.size(); ++shard) {
            if (waiting[shard]) instant = std::min(instant, reached_[shard]);
        }
        now_ = std::min(std::max(now_, instant), wall);
        return now_;
    }

    [[nodiscard]] TimePoint now() const { return now_; }

private:
    TimePoint now_;
    std::array<TimePoint, kShards> reached_{};
};

}  // namespace sonde::engine

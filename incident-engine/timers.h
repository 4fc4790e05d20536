// When monitors are due for a tick. One entry a monitor, moved on lazily: a vote that postpones a tick costs nothing here.
#pragma once

#include <queue>
#include <vector>

#include "incident-engine/holdings.h"

namespace sonde::engine {

class Timers {
public:
    // The monitor is to be looked at by `at`; an earlier entry stands.
    void arm(Watched& watched, TimePoint at) {
        if (watched.armed && *watched.armed <= at) return;
        watched.armed = at;
        queue_.push({at, watched.definition.monitor});
    }

    // Takes out those that are due, at most `max`; each must be decided on or armed again.
    std::vector<MonitorId> take_due(TimePoint now, std::size_t max, Holdings& holdings) {
        std::vector<MonitorId> due;
        while (!queue_.empty() && queue_.top().at <= now && due.size() < max) {
            const auto entry = queue_.top();
            queue_.pop();
            const auto found = holdings.monitors.find(entry.monitor);
            if (found == holdings.monitors.end() || found->second.armed != entry.at) continue;  // of an earlier arming
            found->second.armed.reset();
            due.push_back(entry.monitor);
        }
        return due;
    }

    [[nodiscard]] std::optional<TimePoint> next() const {
        if (queue_.empty()) return std::nullopt;
        return queue_.top().at;
    }

private:
    struct Entry {
        TimePoint at;
        MonitorId monitor;
        bool operator<(const Entry& other) const { return at > other.at; }
    };
    std::priority_queue<Entry> queue_;
};

}  // namespace sonde::engine

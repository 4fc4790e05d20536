// A monitor as defined and as decided on last.
#pragma once

#include <optional>

#include "lib/decision/decide.h"

namespace sonde::engine {

struct Watched {
    decision::Definition definition;
    decision::MonitorState state;
    int shard = 0;
    bool stored = false;              // has a row in monitor_state
    std::optional<TimePoint> armed;   // its entry in the timers; earlier than or at its next tick
};

}  // namespace sonde::engine

// What a backtest is asked to replay: reading and bounds. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/check/policy.h"
#include "lib/decision/definition.h"
#include "lib/decision/replay.h"
#include "lib/json/reader.h"

namespace sonde::controlplane {

struct BacktestInput {
    std::optional<MonitorId> monitor;  // one of both
    std::optional<SiteId> site;
    TimePoint from;
    TimePoint to;
    Json policy = Json::object();      // merged into each monitor's own
    std::optional<milliseconds> interval;
    std::vector<std::string> regions;  // empty: those of each monitor
    decision::Unmade unmade = decision::Unmade::from_next_round;
};

inline constexpr std::chrono::hours kLongestBacktest{24 * 31};
inline constexpr int kMostBacktestResults = 300'000;
inline constexpr int kMostBacktestMonitors = 200;

BacktestInput read_backtest(const Json& body, TimePoint now, json::Problems& problems);

// Applies what is to be other than now: the policy, fewer regions, a longer interval. Adds problems at the fields of the body.
void alter(decision::Definition& definition, const BacktestInput& input, json::Problems& problems);

// Whether the longer interval would have had this slot: every n-th of those there were.
bool keeps_slot(MonitorId monitor, milliseconds interval, const BacktestInput& input, Slot slot);

}  // namespace sonde::controlplane

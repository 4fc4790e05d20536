// What a replay works on: definitions as they are now, and stored results in the order in which they were received.
#pragma once

#include <functional>

#include "controlplane/api/monitor/monitor_store.h"
#include "lib/decision/replay.h"

namespace sonde::controlplane {

// A region as votes are counted by.
struct RegionOfVotes {
    decision::RegionId id{};
    std::string name;
    std::string domain;
};

std::vector<RegionOfVotes> regions_of_votes(db::Tx& tx);

// The core's definition of a monitor, always watched: what was paused has left no results. `regions` are all there are.
decision::Definition definition_of(const Monitor& monitor, const std::string& site_name, const std::vector<RegionOfVotes>& regions);

// How long before an instant a replay must begin so that the monitor is known at it.
milliseconds warm_up_of(const decision::Definition& definition);

struct SourceRange {
    TimePoint from;  // of slots; both
    TimePoint to;
    int most = 0;    // results
};

// Thrown by `each_result` when there are more results than `most`.
struct TooManyResults {};

// Calls `take` with each result of these monitors, in order of receipt, reading a few thousand at a time. In a transaction of its own kind:
// it declares a cursor, once a transaction. `heartbeats` are those of the monitors that are heard of.
void each_result(db::Tx& tx, const std::vector<MonitorId>& monitors, bool heartbeats, const SourceRange& range,
                 const std::function<void(decision::StoredResult)>& take);

}  // namespace sonde::controlplane
